import t from 'tap'
import type { ProbeAnswer } from '../../src/model/port.ts'
import { silentHostPort } from '../../src/rules/silent-host-port.ts'
import { container, TAKEN_AT } from '../helpers/builders.ts'
import { hosts, mapped, portHits, web } from '../helpers/port-hits.ts'

const nothing = mapped({ mechanism: 'none', targets: [] })
const deaf = mapped({ targets: [{ address: '172.17.0.2', port: 8080, containerId: web.id, listening: false }] })

function asked(outcome: ProbeAnswer['outcome'], more: Partial<ProbeAnswer> = {}): ProbeAnswer {
  return {
    vantage: 'host',
    address: '192.0.2.10',
    port: 9002,
    protocol: 'tcp',
    outcome,
    at: TAKEN_AT,
    latencyMs: 1,
    ...more,
  }
}

t.test('hits a declared port where nothing is, and one that leads to where nothing listens', async (t) => {
  t.match(portHits(silentHostPort, [nothing]), [
    {
      subject: { containerId: web.id },
      fact: 'tcp/0.0.0.0/9002',
      severity: 'low',
      summary: 'nothing answers on tcp 0.0.0.0:9002, which web declares',
      evidence: { how: 'no socket, proxy or rule is there' },
    },
  ])
  t.match(portHits(silentHostPort, [deaf]), [{ evidence: { how: 'it leads to where nothing listens' } }])
})

t.test('weighs less what nobody asked for', async (t) => {
  const declaredBy = [{ by: 'cri', containerId: web.id, implicit: true } as const]

  t.match(portHits(silentHostPort, [{ ...nothing, declaredBy }]), [{ severity: 'info' }])
})

t.test('stays silent where somebody listens, where nobody could look, and where no probe was made', async (t) => {
  const unread = [{ address: '172.17.0.2', port: 8080, containerId: web.id }]

  t.strictSame(portHits(silentHostPort, [mapped()]), [])
  t.strictSame(portHits(silentHostPort, [mapped({ targets: unread })]), [])
  t.strictSame(portHits(silentHostPort, [mapped({ mechanism: 'unknown', targets: [] })]), [])
})

t.test('stays silent about what another one answers, which is a conflict', async (t) => {
  t.strictSame(portHits(silentHostPort, [{ ...nothing, shadowedBy: 'host/sshd' }, hosts()]), [])
})

t.test('stays silent about what nobody declared, or only an image hints at', async (t) => {
  const declaredBy = [{ by: 'image', containerId: web.id, implicit: true } as const]

  t.strictSame(
    portHits(silentHostPort, [
      { ...deaf, declaredBy: [] },
      { ...deaf, declaredBy },
    ]),
    [],
  )
})

t.test('believes probes that were refused, all of them, and no timeout', async (t) => {
  const unread = mapped({ targets: [] })

  t.match(portHits(silentHostPort, [{ ...unread, probe: [asked('refused')] }]), [
    { evidence: { how: 'every probe was refused' } },
  ])
  t.strictSame(portHits(silentHostPort, [{ ...unread, probe: [asked('refused'), asked('timeout')] }]), [])
  t.strictSame(portHits(silentHostPort, [{ ...unread, protocol: 'udp', probe: [asked('silent')] }]), [])
})

t.test('takes a proxy that accepts for no answer, and a server that says who it is for one', async (t) => {
  const identity = { protocol: 'ssh', banner: 'SSH-2.0' } as const

  t.equal(portHits(silentHostPort, [{ ...deaf, probe: [asked('open')] }]).length, 1)
  t.strictSame(portHits(silentHostPort, [{ ...deaf, probe: [asked('open', { identity })] }]), [])
})

t.test('gives a container 30 s to bind its ports, and asks nothing of one that is paused', async (t) => {
  const since = (startedAt: number | null) =>
    portHits(silentHostPort, [nothing], { containers: [container({ startedAt })] })

  t.equal(since(TAKEN_AT - 30_000).length, 1)
  t.equal(since(TAKEN_AT - 29_999).length, 0)
  t.strictSame(portHits(silentHostPort, [nothing], { containers: [container({ state: 'paused' })] }), [])
})
