import t from 'tap'
import type { Container, Pod } from '../../src/model/container.ts'
import { unmanagedContainer } from '../../src/rules/unmanaged-container.ts'
import { container, type GivenContainer } from '../helpers/builders.ts'
import { hitsOf, namesHit } from '../helpers/hits.ts'

const UID = '6f1b1f6e-0000-4000-8000-000000000001'
const POD: Pod = { namespace: 'default', name: 'web-1', uid: UID, container: 'web', static: false, proof: 'cri' }

function named(name: string, given: GivenContainer = {}): Container {
  return container({ id: name.padEnd(64, '0'), name, ...given })
}

const app = named('app', { pod: POD })
const stray = named('stray')

t.test('hits a container that no pod owns, on a node where some are', (t) => {
  t.match(hitsOf(unmanagedContainer, app, stray), [
    { subject: { containerName: 'stray' }, fact: 'pod', severity: 'info', evidence: { runtime: 'docker' } },
  ])
  t.end()
})

t.test('knows a Kubernetes node by a cgroup path alone', (t) => {
  t.strictSame(namesHit(unmanagedContainer, named('app', { podUid: UID }), stray), ['stray'])
  t.end()
})

t.test('stays silent where nothing proves that pods are here', (t) => {
  t.strictSame(namesHit(unmanagedContainer, stray, named('other')), [])
  t.strictSame(namesHit(unmanagedContainer, stray, named('liar', { pod: { ...POD, proof: 'claim' } })), [])
  t.end()
})

t.test('stays silent about sandboxes, and what runs inside a pod’s container', (t) => {
  const sandbox = named('pause', { role: 'sandbox', pod: { ...POD, container: 'POD' } })
  const inner = named('inner', { parent: app.id })
  const innermost = named('innermost', { parent: inner.id })

  t.strictSame(namesHit(unmanagedContainer, sandbox, app, inner, innermost), [])
  t.end()
})

t.test('hits what runs inside a container that no pod owns', (t) => {
  t.strictSame(namesHit(unmanagedContainer, app, stray, named('inner', { parent: stray.id })), ['stray', 'inner'])
  t.end()
})

t.test('stays silent where the container around it is not there, or goes around in a circle', (t) => {
  const one = named('one', { parent: 'two'.padEnd(64, '0') })
  const two = named('two', { parent: one.id })

  t.strictSame(namesHit(unmanagedContainer, app, named('inner', { parent: 'f'.repeat(64) })), [])
  t.doesNotThrow(() => namesHit(unmanagedContainer, app, one, two))
  t.end()
})

t.test('weighs more, and says so, where labels claim a pod that nobody proves', (t) => {
  const liar = named('liar', { role: 'sandbox', pod: { ...POD, proof: 'claim' } })

  t.match(hitsOf(unmanagedContainer, app, liar), [
    {
      severity: 'low',
      summary: 'no pod owns liar, although its labels say so',
      evidence: { claims: 'default/web-1' },
    },
  ])
  t.end()
})
