import t from 'tap'
import { hostPortConflict } from '../../src/rules/host-port-conflict.ts'
import { container } from '../helpers/builders.ts'
import { hosts, listening, mapped, portHits, web } from '../helpers/port-hits.ts'
import { idOf } from '../helpers/tasks.ts'

const other = container({ id: idOf('b'), name: 'api' })
const both = { containers: [web, other] }
const OTHERS = { claim: `${other.id}/80/tcp`, targets: [{ address: '172.17.0.3', port: 80, containerId: other.id }] }
const NOWHERE = { outside: 'no', node: 'no', loopback: 'no' } as const

t.test('hits two mappings of one port, once, and names both', async (t) => {
  const loser = mapped({ ...OTHERS, effective: NOWHERE, shadowedBy: mapped().claim })

  const [hit, ...more] = portHits(hostPortConflict, [mapped(), loser], both)

  t.match(hit, {
    subject: { type: 'port' },
    fact: 'tcp/0.0.0.0/9002',
    severity: 'medium',
    evidence: { claims: [{ who: 'api' }, { who: 'web' }] },
  })
  t.match(hit?.summary, /^api and web both claim tcp 0\.0\.0\.0:9002$/)
  t.strictSame(more, [])
})

t.test('hits a declaration where a process of the host answers', async (t) => {
  const declared = mapped({ mechanism: 'none', targets: [], shadowedBy: 'host/sshd' })

  t.match(portHits(hostPortConflict, [declared, hosts()]), [{ fact: 'tcp/0.0.0.0/9002' }])
})

t.test('hits a range and a port inside of it', async (t) => {
  const range = mapped({ hostPort: 9000, hostPortEnd: 9005 })

  t.equal(portHits(hostPortConflict, [range, mapped(OTHERS)], both).length, 1)
  t.equal(portHits(hostPortConflict, [range, mapped({ ...OTHERS, hostPort: 9006 })], both).length, 0)
})

t.test('stays silent about rows of one claim, other protocols, addresses, and families', async (t) => {
  const apart = [
    { claim: mapped().claim, mechanism: 'docker-proxy' },
    { protocol: 'udp' },
    { hostAddress: '192.0.2.10' },
    { hostAddress: '::', family: 'ipv6' },
  ] as const
  for (const given of apart) {
    t.strictSame(portHits(hostPortConflict, [mapped(), mapped({ ...OTHERS, ...given })], both), [])
  }
})

t.test('holds a socket of both families against IPv4', async (t) => {
  const dual = listening({ claim: OTHERS.claim, hostAddress: '::', family: 'dual' })

  t.equal(portHits(hostPortConflict, [mapped(), dual], both).length, 1)
})

t.test('leaves a socket that a rule takes to shadowed-host-listener', async (t) => {
  const victim = listening({ claim: OTHERS.claim, shadowedBy: mapped().claim })

  t.strictSame(portHits(hostPortConflict, [mapped(), victim], both), [])
  t.strictSame(portHits(hostPortConflict, [mapped(), hosts({ shadowedBy: mapped().claim })], both), [])
})

t.test('stays silent about processes of the host alone, and where nobody could look', async (t) => {
  t.strictSame(portHits(hostPortConflict, [hosts(), hosts({ claim: 'host/other' })]), [])
  t.strictSame(portHits(hostPortConflict, [mapped(), mapped({ ...OTHERS, mechanism: 'unknown' })], both), [])
})
