import t from 'tap'
import type { RuleHit } from '../../src/model/finding.ts'
import type { Match } from '../../src/policy/policy.ts'
import { container, TAKEN_AT } from '../helpers/builders.ts'
import { exception, judge, podContainer } from '../helpers/policy.ts'

const DAY_MS = 86_400_000

t.test('matches a field against what a finding and its container say', async (t) => {
  const PORT: Partial<RuleHit> = { rule: 'exposed-host-port', fact: 'tcp/192.0.2.10/9100' }
  const cases: readonly (readonly [Match, Partial<RuleHit>, boolean])[] = [
    [{ rule: ['shared-net-namespace'] }, {}, true],
    [{ rule: ['shared-*'] }, {}, true],
    [{ rule: ['shared-pid-namespace', 'shared-net-namespace'] }, {}, true],
    [{ rule: ['shared-pid-namespace'] }, {}, false],
    [{ kind: ['pid', 'net'] }, {}, true],
    [{ kind: ['pid'] }, {}, false],
    [{ kind: ['net'] }, PORT, false],
    [{ fact: ['net'] }, {}, true],
    [{ fact: ['tcp/*/9100'] }, PORT, true],
    [{ fact: ['tcp/127.0.0.1/*'] }, PORT, false],
    [{ port: [9100] }, PORT, true],
    [{ port: [80, 9100] }, PORT, true],
    [{ port: [910] }, PORT, false],
    [{ port: [9100, 9101] }, { ...PORT, fact: 'tcp/0.0.0.0/9100-9101' }, true],
    [{ port: [9100] }, { ...PORT, fact: 'tcp/0.0.0.0/9100-9101' }, false],
    [{ port: [9101, 9101] }, { ...PORT, fact: 'tcp/0.0.0.0/9100-9101' }, false],
    [{ port: [9100] }, { ...PORT, fact: 'udp/::/9100' }, true],
    [{ port: [9100] }, { ...PORT, fact: 'tcp/ephemeral' }, false],
    [{ port: [9100] }, { ...PORT, fact: '/run/netns/9100' }, false],
    [{ port: [9100] }, {}, false],
    [{ node: ['node-*'] }, {}, true],
    [{ node: ['other'] }, {}, false],
    [{ container: ['kube-*'] }, {}, true],
    [{ container: ['web'] }, {}, false],
    [{ image: ['registry.k8s.io/kube-proxy'] }, {}, true],
    [{ image: ['*/kube-proxy'] }, {}, true],
    [{ image: ['registry.example/kube-proxy'] }, {}, false],
    [{ podNamespace: ['kube-system'] }, {}, true],
    [{ podNamespace: ['default'] }, {}, false],
    [{ pod: ['kube-proxy-*'] }, {}, true],
    [{ pod: ['kube-proxy'] }, {}, false],
    [{ workload: ['kube-proxy'] }, {}, true],
    [{ workload: ['web'] }, {}, false],
    [{ static: false }, {}, true],
    [{ static: true }, {}, false],
    [{ proof: 'cri' }, {}, true],
    [{ self: true }, {}, false],
    [{ rule: ['shared-net-namespace'], podNamespace: ['default'] }, {}, false],
  ]
  for (const [match, given, expected] of cases) {
    const accepted = judge({ exceptions: [exception(match)] }, podContainer(), given) !== null
    t.equal(accepted, expected, `${JSON.stringify(match)} on ${JSON.stringify(given)}`)
  }
})

t.test('never matches pod fields against an identity that only its author claims', async (t) => {
  const fields: readonly Match[] = [
    { podNamespace: ['*'] },
    { pod: ['*'] },
    { workload: ['*'] },
    { static: false },
    { proof: 'cri' },
  ]
  const claimed = podContainer({ pod: { proof: 'claim' } })
  const none = container()
  for (const match of fields) {
    t.equal(judge({ exceptions: [exception(match)] }, claimed), null, `${JSON.stringify(match)} on a claim`)
    t.equal(judge({ exceptions: [exception(match)] }, none), null, `${JSON.stringify(match)} without a pod`)
    t.equal(judge({ exceptions: [exception(match)] }, undefined), null, `${JSON.stringify(match)} without a container`)
  }
})

t.test("calls a container by its pod's name for it where the pod is proven, else by the runtime's", async (t) => {
  const named = { exceptions: [exception({ container: ['kube-proxy'] })] }

  t.ok(judge(named, podContainer({ name: 'k8s_kube-proxy_0' })))
  t.equal(judge(named, podContainer({ name: 'k8s_kube-proxy_0', pod: { proof: 'claim' } })), null)
  t.ok(judge(named, container({ name: 'kube-proxy' })))
})

t.test('takes a proof by cgroup for a proven pod, but not for the word of CRI', async (t) => {
  const byCgroup = podContainer({ pod: { proof: 'cgroup' } })

  t.ok(judge({ exceptions: [exception({ podNamespace: ['kube-system'] })] }, byCgroup))
  t.equal(judge({ exceptions: [exception({ podNamespace: ['kube-system'], proof: 'cri' })] }, byCgroup), null)
})

t.test('matches no container field where a hit is about no container', async (t) => {
  for (const match of [{ container: ['*'] }, { image: ['*'] }, { self: true }] as const) {
    t.equal(judge({ exceptions: [exception(match)] }, undefined), null, JSON.stringify(match))
  }
  t.ok(
    judge({ exceptions: [exception({ rule: ['blind-agent'], fact: ['source/docker'] })] }, undefined, {
      rule: 'blind-agent',
      fact: 'source/docker',
    }),
  )
})

t.test('matches no image that is only a digest', async (t) => {
  const nameless = podContainer({ image: `sha256:${'0'.repeat(64)}` })

  t.equal(judge({ exceptions: [exception({ image: ['*'] })] }, nameless), null)
  t.equal(judge({ exceptions: [exception({ image: ['*'] })] }, podContainer({ image: null })), null)
})

t.test('covers a sandbox that stands for its containers where the pod is named, and only there', async (t) => {
  const sandbox = podContainer({ role: 'sandbox', image: null, pod: { container: 'POD' } })
  const named = {
    podNamespace: ['kube-system'],
    workload: ['kube-proxy'],
    container: ['kube-proxy'],
    image: ['*/kube-proxy'],
  }

  t.ok(judge({ exceptions: [exception(named)] }, sandbox))
  t.equal(judge({ exceptions: [exception({ ...named, workload: ['web'] })] }, sandbox), null)
  t.equal(judge({ exceptions: [exception({ container: ['kube-proxy'] })] }, sandbox), null)
  t.equal(
    judge({ exceptions: [exception({ podNamespace: ['kube-system'], container: ['kube-proxy'] })] }, sandbox),
    null,
  )
  const claimed = podContainer({ role: 'sandbox', pod: { container: 'POD', proof: 'claim' } })
  t.equal(judge({ exceptions: [exception(named)] }, claimed), null)
})

t.test('matches until the moment at which it expires', async (t) => {
  const expiring = (expiresAt: number | null) =>
    judge({ exceptions: [exception({ kind: ['net'] }, { expiresAt })] }, container())

  t.match(expiring(TAKEN_AT + 1), { exception: 'expected', expiresAt: TAKEN_AT + 1 })
  t.equal(expiring(TAKEN_AT), null)
  t.equal(expiring(TAKEN_AT - DAY_MS), null)
  t.match(expiring(null), { expiresAt: null })
})

t.test('names the first exception that matches and still holds', async (t) => {
  const exceptions = [
    exception({ kind: ['pid'] }, { id: 'other' }),
    exception({ kind: ['net'] }, { id: 'expired', expiresAt: TAKEN_AT }),
    exception({ kind: ['net'] }, { id: 'first', reason: 'because' }),
    exception({ kind: ['net'] }, { id: 'second' }),
  ]

  t.strictSame(judge({ exceptions }, container()), { exception: 'first', reason: 'because', expiresAt: null })
})
