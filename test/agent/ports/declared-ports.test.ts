import t from 'tap'
import type { Container } from '../../../src/model/container.ts'
import { gap } from '../../helpers/builders.ts'
import { dnat, dockerRules, dockers, joined, lineOf, published, SERVER, socket, WEB } from '../../helpers/joined.ts'
import { row, running } from '../../helpers/tasks.ts'

t.test('says of a declared port that nothing is there, or that nobody could look', async (t) => {
  const rows = dockers([published(8080)])
  const mechanismOf = (given: Parameters<typeof joined>[0]) => joined({ rows, ...given }).ports[0]?.mechanism

  t.match(joined({ rows }).ports.map(lineOf), ['tcp 0.0.0.0:8080 none web/80/tcp no/no/no'])
  t.equal(mechanismOf({ rules: null }), 'unknown')
  t.equal(mechanismOf({ listeners: null }), 'unknown')
  t.equal(mechanismOf({ gaps: [gap({ affects: ['tcp'] })] }), 'unknown')
  t.equal(mechanismOf({ gaps: [gap({ affects: [WEB] })] }), 'unknown')
  t.equal(mechanismOf({ gaps: [gap({ affects: ['udp'] })] }), 'none')
  const { ports } = joined({ rows, opaque: 'cilium forwards packets as well' })
  t.match(ports, [{ mechanism: 'unknown', effective: { outside: 'unknown' }, conditions: [/^cilium/] }])
})

t.test('looks behind a mapping, where it can', async (t) => {
  const rules = dockerRules(dnat(8080, '172.17.0.2:80'))
  const rows = dockers([published(8080)])
  const listeningOf = (given: Parameters<typeof joined>[0]) =>
    joined({ rows, rules, ...given }).ports[0]?.targets[0]?.listening

  t.equal(listeningOf({}), true)
  t.equal(listeningOf({ listeners: [] }), false)
  t.equal(listeningOf({ listeners: [{ ...SERVER, address: '127.0.0.1' }] }), false, 'bound to its own loopback only')
  t.equal(listeningOf({ listeners: [{ ...SERVER, address: '::', family: 'unknown' }] }), true)
  t.equal(listeningOf({ listeners: null }), undefined)
  t.equal(listeningOf({ listeners: [], gaps: [gap({ affects: [WEB] })] }), undefined)
  const guest = (found: Container) => ({ ...found, guestKernel: 'gVisor' })
  t.equal(listeningOf({ listeners: [], change: guest }), undefined)
})

t.test('lists what processes of the host listen on, each with its name', async (t) => {
  const { ports } = joined({
    listeners: [
      socket(22),
      socket(22, { family: 'unknown', address: '::', socketInode: 23 }),
      socket(53, { address: '127.0.0.53', protocol: 'udp', owners: [{ role: 'listener', pid: 3, comm: 'resolved' }] }),
      socket(99, { owners: [] }),
    ],
  })

  t.strictSame(ports.map(lineOf), [
    'tcp 0.0.0.0:22 host-listener host/sshd yes/yes/yes',
    'tcp :::22 host-listener host/sshd no/no/yes',
    'udp 127.0.0.53:53 host-listener host/resolved no/no/yes',
    'tcp 0.0.0.0:99 host-listener host/? yes/yes/yes',
  ])
})

t.test('tells a container’s socket in the host’s network, with what its image hints at', async (t) => {
  const processes = [running({ pid: 10, id: WEB })]
  const rows = [row({ id: WEB, initPid: 10, addresses: [], exposed: [{ containerPort: 80, protocol: 'tcp' }] })]
  const own = { owners: [{ role: 'listener' as const, containerId: WEB, pid: 10, comm: 'httpd' }] }

  const { ports } = joined({ processes, rows, listeners: [socket(80, own), socket(81, own)] })

  t.strictSame(ports.map(lineOf), [
    'tcp 0.0.0.0:80 host-listener web/80/tcp yes/yes/yes',
    'tcp 0.0.0.0:81 host-listener web/81/tcp yes/yes/yes',
  ])
  t.match(ports[0]?.declaredBy, [{ by: 'image', implicit: true }])
  t.strictSame(ports[1]?.declaredBy, [])
})

t.test('says unknown of all packets where rules could not be read, and keeps what it saw', async (t) => {
  const { ports } = joined({ rules: null, listeners: [socket(22)] })

  t.match(ports.map(lineOf), ['tcp 0.0.0.0:22 host-listener host/sshd unknown/unknown/unknown'])
})
