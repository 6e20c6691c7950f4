import t from 'tap'
import { shadowedHostListener } from '../../src/rules/shadowed-host-listener.ts'
import { container } from '../helpers/builders.ts'
import { hosts, listening, mapped, portHits, web } from '../helpers/port-hits.ts'
import { idOf } from '../helpers/tasks.ts'

const taker = mapped({ rules: ['-A DOCKER -p tcp --dport 9002 -j DNAT --to-destination 172.17.0.2:8080'] })
const lost = { shadowedBy: taker.claim, effective: { outside: 'no', node: 'no', loopback: 'yes' } } as const
const other = container({ id: idOf('b'), name: 'api' })

t.test('hits a process of the host whose port a mapping takes, with both sides', async (t) => {
  t.match(portHits(shadowedHostListener, [hosts(lost), taker]), [
    {
      subject: { type: 'port' },
      fact: 'tcp/0.0.0.0/9002',
      severity: 'high',
      summary: 'web takes the traffic of sshd on the host on tcp 0.0.0.0:9002',
      evidence: {
        owners: ['listener sshd pid 700'],
        takenBy: { who: 'web', mechanism: 'docker-nat', rules: taker.rules },
      },
    },
  ])
})

t.test('hits a container in the host’s network likewise, as its own', async (t) => {
  const victim = listening({
    ...lost,
    claim: `${other.id}/9002/tcp`,
    owners: [{ role: 'listener', containerId: other.id }],
  })

  t.match(portHits(shadowedHostListener, [victim, taker], { containers: [web, other] }), [
    { subject: { containerId: other.id }, severity: 'medium' },
  ])
})

t.test('hits a mapping of one address that a wider one takes', async (t) => {
  const narrow = mapped({ ...lost, hostAddress: '192.0.2.10', claim: `${other.id}/80/tcp` })

  t.match(portHits(shadowedHostListener, [narrow, taker], { containers: [web, other] }), [
    { fact: 'tcp/192.0.2.10/9002' },
  ])
})

t.test('leaves two mappings of the same port to host-port-conflict', async (t) => {
  const victim = mapped({ ...lost, claim: `${other.id}/80/tcp` })

  t.strictSame(portHits(shadowedHostListener, [victim, taker], { containers: [web, other] }), [])
})

t.test('stays silent where a socket of a narrower address takes it: that is no rule', async (t) => {
  const narrow = hosts({ claim: 'host/dnsmasq', hostAddress: '127.0.0.1' })

  t.strictSame(portHits(shadowedHostListener, [hosts({ ...lost, shadowedBy: 'host/dnsmasq' }), narrow]), [])
})

t.test('stays silent where nobody takes anything, and where nobody could look', async (t) => {
  const effective = { outside: 'unknown', node: 'unknown', loopback: 'unknown' } as const

  t.strictSame(portHits(shadowedHostListener, [hosts(), taker]), [])
  t.strictSame(portHits(shadowedHostListener, [hosts({ effective }), taker]), [])
  t.strictSame(portHits(shadowedHostListener, [mapped({ ...lost, mechanism: 'none' }), taker]), [])
})
