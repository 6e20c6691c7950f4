import t from 'tap'
import { undeclaredHostListener } from '../../src/rules/undeclared-host-listener.ts'
import { container, gap, snapshot } from '../helpers/builders.ts'
import { hosts, listening, mapped, portHits, web } from '../helpers/port-hits.ts'

const HOST = { net: { declared: 'host', observed: 'host' } } as const
const onHost = { containers: [container({ sharing: HOST })] }

t.test('hits a socket of a container in the host’s network that nobody declared', async (t) => {
  t.match(portHits(undeclaredHostListener, [listening()], onHost), [
    {
      subject: { type: 'container', containerId: web.id },
      fact: 'tcp/0.0.0.0/9002',
      severity: 'high',
      summary: 'web listens on tcp 0.0.0.0:9002, which it does not declare',
      evidence: { mechanism: 'host-listener', owners: ['listener web pid 4711 in web'] },
    },
  ])
})

t.test('stays silent about what is declared, by whomever and however implicitly', async (t) => {
  for (const by of ['docker', 'cri', 'annotation', 'image'] as const) {
    const declaredBy = [{ by, containerId: web.id, implicit: true }]
    t.strictSame(portHits(undeclaredHostListener, [listening({ declaredBy })], onHost), [], by)
  }
})

t.test('stays silent about processes of the host, and about mappings', async (t) => {
  t.strictSame(portHits(undeclaredHostListener, [hosts(), mapped({ declaredBy: [] })]), [])
})

t.test('makes one finding of all ports of the ephemeral range, for each protocol', async (t) => {
  const ports = [40_000, 50_000, 60_999].map((hostPort) => listening({ hostPort }))

  const [hit, ...others] = portHits(
    undeclaredHostListener,
    [...ports, listening({ hostPort: 61_000 }), listening({ hostPort: 32_767 })],
    onHost,
  )

  t.match(others.at(-1), {
    fact: 'tcp/ephemeral',
    severity: 'medium',
    evidence: { total: 3, ports: ['tcp 0.0.0.0:40000', 'tcp 0.0.0.0:50000', 'tcp 0.0.0.0:60999'] },
  })
  t.strictSame([hit?.fact, others[0]?.fact, others.length], ['tcp/0.0.0.0/61000', 'tcp/0.0.0.0/32767', 2])
})

t.test('leaves a socket of the host’s in an isolated container to held-host-namespace', async (t) => {
  t.strictSame(undeclaredHostListener.evaluate(snapshot({ containers: [web], ports: [listening()] })), [])
})

t.test('stays silent where nobody can say what was declared', async (t) => {
  const known = { containers: [container({ sources: ['cgroups'], sharing: HOST })] }

  t.strictSame(portHits(undeclaredHostListener, [listening()], known), [])
  t.strictSame(portHits(undeclaredHostListener, [listening()], { ...onHost, gaps: [gap({ affects: [web.id] })] }), [])
  t.strictSame(portHits(undeclaredHostListener, [listening()], { ...onHost, gaps: [gap({ affects: '*' })] }), [])
  t.equal(portHits(undeclaredHostListener, [listening()], { ...onHost, gaps: [gap({ affects: ['udp'] })] }).length, 1)
})
