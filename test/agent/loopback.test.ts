import t from 'tap'
import type { ListeningSocket } from '../../src/sources/listener-source.ts'
import { HOST_INODES } from '../helpers/builders.ts'
import { scanned } from '../helpers/scanned.ts'
import { idOf, row, running } from '../helpers/tasks.ts'

const ID = idOf('c0ffee')
const OWN = { net: 4026532500, pid: 4026532501, ipc: 4026532502, mnt: 4026532503, uts: 4026532504 }
const SHARES_NET = { pid: 4711, id: ID, namespaces: { ...OWN, net: HOST_INODES.net } }

const rows = [row({ id: ID, declared: { net: 'host' } })]

function listening(address: string, port: number, more: Partial<ListeningSocket> = {}): ListeningSocket {
  const { net: netInode } = HOST_INODES
  return { netInode, family: 'ipv4', address, port, protocol: 'tcp', socketInode: port, holders: [], ...more }
}

t.test('shows what listens on the host’s loopback only, ports of the ephemeral range as one', async (t) => {
  const sockets = [
    listening('127.0.0.2', 10_248),
    listening('127.0.0.1', 10_248),
    listening('127.0.0.1', 80, { mapped: true }),
    listening('::1', 631, { family: 'ipv6' }),
    listening('127.0.0.9', 39_000),
    listening('127.0.0.1', 40_000),
    listening('127.0.0.1', 50_000),
    listening('0.0.0.0', 8080),
    listening('127.0.0.1', 53, { protocol: 'udp' }),
    listening('127.0.0.1', 8081, { netInode: OWN.net }),
  ]
  const { reach } = await scanned([running(SHARES_NET)], { rows, listeners: { sockets } })

  t.strictSame(reach.net?.loopbackListeners, {
    items: [
      'tcp/::ffff:127.0.0.1/80',
      'tcp/::1/631',
      'tcp/127.0.0.1/10248',
      'tcp/127.0.0.2/10248',
      'tcp/127.0.0.1/ephemeral',
      'tcp/127.0.0.9/ephemeral',
    ],
    total: 6,
  })
})

t.test('shows the first of many listeners and says how many there are', async (t) => {
  const sockets = Array.from({ length: 50 }, (_, index) => listening('127.0.0.1', 1049 - index))
  const { reach } = await scanned([running(SHARES_NET)], { rows, listeners: { sockets } })
  const found = reach.net?.loopbackListeners

  t.match(found, { total: 50, items: { 0: 'tcp/127.0.0.1/1000' } })
  t.equal(found !== 'unknown' && found?.items.length, 32)
})

t.test('does not take listeners that could not be read for none', async (t) => {
  const { reach } = await scanned([running(SHARES_NET)], { rows, listeners: { unread: [HOST_INODES.net] } })

  t.equal(reach.net?.loopbackListeners, 'unknown')
})
