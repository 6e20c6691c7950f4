import t from 'tap'
import { narrow } from '../../src/cli/narrow.ts'
import { container, finding, gap, port, report } from '../helpers/builders.ts'

const pod = { namespace: 'shop', name: 'cart', uid: 'u', container: 'web', static: false, proof: 'cri' } as const
const web = container({ id: `aaaa${'0'.repeat(60)}`, name: 'web' })
const podWeb = container({ id: `aabb${'0'.repeat(60)}`, name: 'k8s_web', pod })
const whole = report({
  containers: [web, podWeb],
  gaps: [gap()],
  findings: [finding({ subject: { type: 'container', containerId: web.id } }), finding({ subject: { type: 'node' } })],
  ports: [
    port({ declaredBy: [{ by: 'docker', containerId: web.id, implicit: false }] }),
    port({ targets: [{ address: '10.0.0.1', port: 1, containerId: podWeb.id }] }),
  ],
})

t.test('finds a container by name, by the beginning of its id and by its place in a pod', async (t) => {
  t.equal(narrow(whole, 'web').containers[0], web)
  t.equal(narrow(whole, 'aabb').containers[0], podWeb)
  t.equal(narrow(whole, 'shop/cart/web').containers[0], podWeb)
})

t.test('keeps what is about the container, and every gap', async (t) => {
  const narrowed = narrow(whole, 'web')

  t.strictSame(narrowed.findings, whole.findings.slice(0, 1))
  t.strictSame(narrowed.ports, whole.ports.slice(0, 1))
  t.strictSame(narrowed.gaps, whole.gaps)
})

t.test('refuses a name that nobody has', async (t) => {
  t.throws(() => narrow(whole, 'nob\u001bdy'), {
    code: 'usage',
    message: '--container: expected a name or the beginning of an id, found no container "nob\\u001bdy"',
  })
})

t.test('refuses a name that more than one has, and lists them', async (t) => {
  t.throws(() => narrow(whole, 'aa'), {
    code: 'usage',
    message: '--container: expected one container, "aa" means 2: web (aaaa00000000), shop/cart/web (aabb00000000)',
  })
  const crowd = Array.from({ length: 9 }, (_, index) => container({ id: String(index).repeat(64), name: 'web' }))
  t.throws(() => narrow(report({ containers: crowd }), 'web'), { message: /means 9: .* and 4 more$/ })
})
