import t from 'tap'
import { loadPolicy } from '../../src/policy/load.ts'
import { SHIPPED_POLICY } from '../../src/policy/packs/index.ts'
import { canonicalPolicy } from '../../src/policy/policy.ts'
import { EDGE_PROXY, RULES } from '../helpers/policy.ts'

t.test('gives the same canonical text for another layout, and another one for other content', async (t) => {
  const reordered = `
# a comment
exceptions:
  - match: {static: false, port: [80, 443], image: "registry.example:5000/edge/proxy",
            workload: [edge-proxy], podNamespace: [edge], rule: [shared-net-namespace, "exposed-*"]}
    expires: "2027-01-31"
    reason: >-
      It serves 80 and 443 on
      every node (NET-112).
    id: "edge-proxy"
packs: []
version: 1
`
  t.equal(canonicalOf(reordered), canonicalOf(EDGE_PROXY))
  for (const [from, to] of [
    ['NET-112', 'NET-113'],
    ['2027-01-31', '2027-02-01'],
    ['workload: edge-proxy', 'workload: edge-proxy2'],
    ['id: edge-proxy', 'id: edge'],
    ['static: false', 'static: true'],
    ['packs: []', 'packs: [kubeadm]'],
  ] as const) {
    t.not(canonicalOf(EDGE_PROXY.replace(from, to)), canonicalOf(EDGE_PROXY), `${from} -> ${to}`)
  }
})

t.test('has the content of packs in the canonical text, not their names alone', async (t) => {
  const [first, ...others] = SHIPPED_POLICY.exceptions
  const changed = {
    ...SHIPPED_POLICY,
    exceptions: first === undefined ? [] : [{ ...first, reason: 'another' }, ...others],
  }

  t.not(canonicalPolicy(changed), canonicalPolicy(SHIPPED_POLICY))
})

function canonicalOf(text: string): string {
  const loaded = loadPolicy(text, RULES)
  return loaded.ok ? canonicalPolicy(loaded.policy) : ''
}
