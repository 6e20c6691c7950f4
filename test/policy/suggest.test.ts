import fc from 'fast-check'
import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import type { Container } from '../../src/model/container.ts'
import type { Finding, Report } from '../../src/model/finding.ts'
import { loadPolicy } from '../../src/policy/load.ts'
import { acceptanceOf } from '../../src/policy/match.ts'
import { suggestPolicy } from '../../src/policy/suggest.ts'
import { container, finding, gap, report, snapshot, TAKEN_AT } from '../helpers/builders.ts'
import { podContainer, RULES } from '../helpers/policy.ts'

const HOST_NET = { net: { declared: 'host', observed: 'host' } } as const

t.test('writes the exceptions that would accept what is open, each with a reason to fill in', async (t) => {
  const pod = { namespace: 'edge', name: 'proxy-x7k2p', container: 'proxy', workload: 'proxy' }
  const proxy = podContainer({ id: 'a'.repeat(64), image: 'registry.example/edge/proxy:2', pod, sharing: HOST_NET })
  const web = container({ id: 'b'.repeat(64), name: 'web', image: 'busybox', sharing: HOST_NET })

  t.equal(
    suggestPolicy(reportOf(snapshot({ containers: [proxy, web] }))),
    `# Accepts what is open on node-1: 3 of 3 findings.
# Say in each reason why it is expected here; the file is refused until then.
version: 1
exceptions:
  # high: proxy runs in the host's network namespace
  - id: proxy-shared-net-namespace
    reason: ""
    match:
      rule: shared-net-namespace
      podNamespace: edge
      workload: proxy
      static: false
      proof: cri
      container: proxy
      image: registry.example/edge/proxy
      kind: net
  # high: web runs in the host's network namespace
  - id: web-shared-net-namespace
    reason: ""
    match:
      rule: shared-net-namespace
      container: web
      image: docker.io/library/busybox
      kind: net
  # info: no pod owns web
  - id: web-unmanaged-container
    reason: ""
    match:
      rule: unmanaged-container
      container: web
      image: docker.io/library/busybox
      fact: pod
`,
  )
})

t.test('says of each what it would accept, by its worst finding, and lets no name end the comment', async (t) => {
  const name = 'web\nexceptions: []\n'
  const findings = (['low', 'critical'] as const).map((severity) =>
    finding({ severity, summary: `${name} is ${severity}`, subject: { type: 'node' }, fact: severity }),
  )
  const suggested = suggestPolicy(report({ findings }))

  t.match(suggested, '\n  # critical: web\\x0aexceptions: []\\x0a is critical (and 1 more)\n')
  t.equal(loadPolicy(suggested.replaceAll('reason: ""', 'reason: mine'), RULES).ok, true)
})

t.test('is refused until every reason is filled in', async (t) => {
  const suggested = suggestPolicy(reportOf(snapshot({ containers: [container({ sharing: HOST_NET })] })))

  t.match(loadPolicy(suggested, RULES), {
    ok: false,
    problems: [{ line: 7, column: 13, message: 'exceptions[0].reason: is empty: say why this is expected here' }],
  })
})

t.test('leaves out what is accepted already', async (t) => {
  const accepted = podContainer({ sharing: HOST_NET })

  t.match(suggestPolicy(reportOf(snapshot({ containers: [accepted] }))), /0 of 0 findings.*exceptions: \[\]/s)
})

t.test('writes one exception for the facts of one rule, and for the pods of one rollout', async (t) => {
  const pods = ['x7k2p', 'b4c5d'].map((random, index) => {
    const pod = { namespace: 'edge', name: `proxy-${random}`, container: 'proxy', workload: 'proxy' }
    return podContainer({ id: `${index}`.repeat(64), pod })
  })
  const findings = pods.flatMap(({ id }) =>
    ['net', 'pid'].map((fact) => openFinding({ rule: 'undeclared-sharing', fact }, id)),
  )

  const exceptions = filledIn(suggestPolicy(report({ containers: pods, findings })))

  t.equal(exceptions.length, 1)
  t.match(exceptions[0], { match: { kind: ['net', 'pid'] } })
})

t.test('names a claimed pod by nothing that is only claimed', async (t) => {
  const claimed = podContainer({ name: 'k8s_proxy', pod: { proof: 'claim' }, sharing: HOST_NET })

  t.match(filledIn(suggestPolicy(reportOf(snapshot({ containers: [claimed] }))))[0]?.match, {
    container: ['k8s_proxy'],
    podNamespace: undefined,
  })
})

t.test('names a node for what is about no container', async (t) => {
  const blind = reportOf(snapshot({ gaps: [gap()] }))

  t.strictSame(filledIn(suggestPolicy(blind))[0]?.match, {
    rule: ['blind-agent'],
    fact: ['source/docker'],
    node: ['node-1'],
  })
})

t.test('leaves out, and says so, what a pattern cannot name alone', async (t) => {
  const star = container({ name: 'web*', sharing: HOST_NET })
  const escaping = container({ name: 'web\u001b[2J\nversion: 2', sharing: HOST_NET })
  const gone = report({ findings: [openFinding({}, 'f'.repeat(64))] })

  for (const unnameable of [
    reportOf(snapshot({ containers: [star] })),
    reportOf(snapshot({ containers: [escaping] })),
    gone,
  ]) {
    const suggested = suggestPolicy(unnameable)
    t.match(suggested, /0 of 1 findings.*\n# Left out, as no pattern can name it: shared-net-namespace net: /s)
    t.notMatch(suggested, '\u001b')
    t.strictSame(filledIn(suggested), [])
  }
})

t.test('accepts all that was open but for what it says it left out, whatever the names', async () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  const fact = fc.constantFrom('net', 'pid', 'tcp/0.0.0.0/80', 'tcp/::/443')
  const row = fc.record({
    name,
    image: fc.option(name),
    podName: fc.option(name),
    fact,
    rule: fc.constantFrom(...RULES),
  })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), (rows) => {
      const containers = rows.map(({ name, image, podName }, index) => {
        const id = `${index}`.repeat(64)
        return podName === null
          ? container({ id, name, image })
          : podContainer({ id, image, pod: { namespace: 'edge', name: podName, container: name, workload: podName } })
      })
      const findings = rows.map(({ rule, fact }, index) => openFinding({ rule, fact }, `${index}`.repeat(64)))
      return acceptsAll(report({ containers, findings }))
    }),
  )
})

function openFinding(given: Partial<Finding>, containerId: string): Finding {
  return finding({ ...given, subject: { type: 'container', containerId } })
}

/** What was left out is open still; the rest is accepted. */
function acceptsAll(given: Report): boolean {
  const suggested = suggestPolicy(given)
  const exceptions = filledIn(suggested)
  const left = suggested.split('\n').filter((line) => line.startsWith('# Left out')).length
  const byId = new Map(given.containers.map((row): [string, Container] => [row.id, row]))
  const accepted = given.findings.filter((hit) => {
    const candidate = { hit, container: byId.get(hit.subject.containerId ?? ''), node: given.node.name }
    return acceptanceOf({ packs: [], exceptions }, candidate, TAKEN_AT) !== null
  })
  return accepted.length >= given.findings.length - left
}

function filledIn(suggested: string) {
  const loaded = loadPolicy(
    suggested.replaceAll('reason: ""', 'reason: it is expected').replace('version: 1\n', 'version: 1\npacks: []\n'),
    RULES,
  )
  if (!loaded.ok) throw new Error(`${JSON.stringify(loaded.problems)}\n${suggested}`)
  return loaded.policy.exceptions
}
