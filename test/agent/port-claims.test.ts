import t from 'tap'
import { claimsOn, type WantedPort } from '../../src/agent/port-claims.ts'
import type { Listener, Port } from '../../src/model/port.ts'
import { HOST_INODES, port, snapshot } from '../helpers/builders.ts'

type Held = Pick<Port, 'family' | 'hostAddress'>

const any = (family: Port['family']): Held => ({ family, hostAddress: family === 'ipv4' ? '0.0.0.0' : '::' })
const one = (hostAddress: string): Held => ({ family: hostAddress.includes(':') ? 'ipv6' : 'ipv4', hostAddress })

const MEETING: readonly [Held, string | undefined, boolean][] = [
  [any('ipv4'), undefined, true],
  [any('ipv4'), '127.0.0.1', true],
  [any('ipv4'), '0.0.0.0', true],
  [any('ipv4'), '::1', false],
  [any('ipv6'), '127.0.0.1', false],
  [any('ipv6'), '::1', true],
  [any('dual'), '192.0.2.1', true],
  [any('unknown'), '192.0.2.1', true],
  [{ family: 'unknown', hostAddress: '' }, '::1', true],
  [one('127.0.0.1'), undefined, true],
  [one('127.0.0.1'), '127.0.0.1', true],
  [one('127.0.0.1'), '192.0.2.1', false],
  [one('127.0.0.1'), '0.0.0.0', true],
  [one('127.0.0.1'), '::', true],
  [one('::1'), '0.0.0.0', false],
  [one('::1'), '::', true],
  [one('::1'), '0:0:0:0:0:0:0:1', true],
  [{ family: 'ipv4', hostAddress: '::ffff:192.0.2.1' }, '192.0.2.1', true],
  [one('127.0.0.0/8'), '127.9.9.9', true],
  [one('127.0.0.0/8'), '192.0.2.1', false],
  [one('fe80::1'), 'fe80::1%eth0', true],
]

for (const [held, address, expected] of MEETING) {
  const words = `${held.hostAddress || 'no address'} (${held.family}) ${expected ? 'meets' : 'leaves alone'} ${address ?? 'any address'}`
  t.test(`a claim on ${words}`, async (t) => {
    const wanted: WantedPort = { port: 9002, protocol: 'tcp', ...(address === undefined ? {} : { address }) }
    t.equal(claimsOn(snapshot({ ports: [port(held)] }), wanted).length, expected ? 1 : 0)
  })
}

t.test('a claim is on its protocol and its range', async (t) => {
  const given = snapshot({ ports: [port({ hostPort: 100, hostPortEnd: 110 })] })

  t.equal(claimsOn(given, { port: 110, protocol: 'tcp' }).length, 1)
  t.equal(claimsOn(given, { port: 111, protocol: 'tcp' }).length, 0)
  t.equal(claimsOn(given, { port: 105, protocol: 'udp' }).length, 0)
})

t.test('a listener of the host that is no row of its own is a claim, and one of a container is none', async (t) => {
  const listener = (given: Partial<Listener>): Listener => ({
    netInode: HOST_INODES.net,
    family: 'ipv4',
    address: '0.0.0.0',
    port: 9002,
    protocol: 'tcp',
    socketInode: 7,
    owners: [{ role: 'listener', pid: 1, comm: 'init' }],
    ...given,
  })
  const wanted = { port: 9002, protocol: 'tcp' } as const

  t.match(claimsOn(snapshot({ listeners: [listener({}), listener({ netInode: 1 })] }), wanted), [
    { mechanism: 'host-listener', owners: [{ comm: 'init' }], claim: 'socket/7' },
  ])
  t.match(claimsOn(snapshot({ listeners: [listener({})], ports: [port()] }), wanted), [{ mechanism: 'docker-proxy' }])
})
