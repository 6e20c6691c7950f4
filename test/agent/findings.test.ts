import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import type { Container, Pod } from '../../src/model/container.ts'
import type { Finding } from '../../src/model/finding.ts'
import { container, type GivenContainer, gap, node, snapshot, TAKEN_AT } from '../helpers/builders.ts'
import { pod } from '../helpers/judged.ts'
import { idOf } from '../helpers/tasks.ts'

const HOST_NET = { net: { declared: 'host', observed: 'host' } } as const

function shared(given: GivenContainer = {}): Container {
  return container({ sharing: HOST_NET, ...given })
}

function findingOf(given: Container, more: Parameters<typeof snapshot>[0] = {}): Finding {
  const [finding] = reportOf(snapshot({ containers: [given], ...more })).findings
  if (finding === undefined) throw new Error('no finding')
  return finding
}

t.test('makes of a hit a finding with its rule’s references', (t) => {
  t.match(findingOf(shared()), {
    id: /^[0-9a-f]{32}$/,
    rule: 'shared-net-namespace',
    fact: 'net',
    severity: 'high',
    status: 'open',
    stale: false,
    references: [{ name: /Pod Security Standards/ }, { name: /T1611/ }, { name: /CIS Docker/ }],
  })
  t.end()
})

t.test('gives the same findings for the same snapshot, whenever it is judged', (t) => {
  const given = snapshot({ containers: [shared()] })

  t.strictSame(reportOf(JSON.parse(JSON.stringify(given))), reportOf(given))
  t.end()
})

t.test('has the id that stores hold already: another would resolve and open every finding of a fleet', (t) => {
  t.equal(findingOf(shared()).id, '7850446747e3553807dae33cfdb3293e')
  t.equal(findingOf(shared({ pod: pod() })).id, 'd4228f2fba25a036f29fce6cdc606945')
  t.end()
})

/** What changes while the subject stays the same. */
const SAME: readonly (readonly [string, Container, Container, Parameters<typeof snapshot>[0]])[] = [
  [
    'a container restart in a pod',
    shared({ pod: pod(), id: idOf('a'), initPid: 10, restarts: 0 }),
    shared({
      pod: pod(),
      id: idOf('b'),
      initPid: 20,
      restarts: 1,
      image: 'other',
      name: 'k8s_web_1',
      privileges: null,
    }),
    {},
  ],
  ['an agent restart', shared(), shared(), { takenAt: TAKEN_AT + 9_000 }],
  [
    'a reboot',
    shared({ initPid: 10, initStartTime: 1 }),
    shared({ initPid: 20, initStartTime: 2, sharing: { net: { ...HOST_NET.net, inode: 7, hostInode: 7 } } }),
    { node: node({ bootId: 'another', kernel: '7.0' }) },
  ],
  ['a new name', shared({ name: 'web' }), shared({ name: 'renamed' }), {}],
  [
    'a pod’s proof becoming better',
    shared({ pod: pod({ proof: 'cgroup' }) }),
    shared({ pod: pod({ proof: 'cri' }) }),
    {},
  ],
]

for (const [what, before, after, more] of SAME) {
  t.test(`keeps a finding’s id through ${what}`, (t) => {
    t.equal(findingOf(after, more).id, findingOf(before).id)
    t.end()
  })
}

const OTHER: readonly (readonly [string, Container])[] = [
  ['a new pod', shared({ pod: pod({ uid: 'uid-2' }) })],
  ['another container of the pod', shared({ pod: pod({ container: 'sidecar' }) })],
  ['a container without a pod', shared()],
  ['a container whose label claims the pod', shared({ pod: pod({ proof: 'claim' }) })],
]

for (const [what, other] of OTHER) {
  t.test(`gives ${what} an id of its own`, (t) => {
    t.not(findingOf(other).id, findingOf(shared({ pod: pod() })).id)
    t.end()
  })
}

t.test('tells containers apart by runtime and id, and facts by kind', (t) => {
  const all = container({ sharing: { net: HOST_NET.net, pid: HOST_NET.net, ipc: HOST_NET.net } })
  const others = [shared({ id: idOf('b') }), shared({ runtime: { name: 'podman' } }), all]

  const ids = [shared(), ...others].flatMap((one) =>
    reportOf(snapshot({ containers: [one] })).findings.map(({ id }) => id),
  )

  t.equal(new Set(ids).size, 5, 'the last one’s net finding is the first one’s')
  t.end()
})

function groupOf(given: Partial<Pod> | null, more: GivenContainer = {}): string {
  return findingOf(shared({ ...(given === null ? {} : { pod: pod(given) }), ...more })).group
}

t.test('groups a rollout: no node, pod uid or pod name where there is a workload', (t) => {
  const one = groupOf({ name: 'web-abc12', uid: 'uid-1', workload: 'web' }, { id: idOf('a') })
  const other = groupOf({ name: 'web-def34', uid: 'uid-2', workload: 'web' }, { id: idOf('b') })

  t.equal(one, other)
  t.equal(one, '["shared-net-namespace","default","web","web","net"]')
  t.notMatch(one, /uid-1|node-1/)
  t.end()
})

t.test('groups by what is known, else', (t) => {
  t.equal(groupOf({ name: 'alone' }), '["shared-net-namespace","default","alone","web","net"]')
  t.equal(groupOf(null), '["shared-net-namespace",null,null,"web","net"]')
  t.match(groupOf(null, { name: 'x'.repeat(4000) }), /^sha256:[0-9a-f]{64}$/, 'a store looks groups up')
  t.not(groupOf(null, { name: 'x'.repeat(4000) }), groupOf(null, { name: 'x'.repeat(4001) }))
  t.end()
})

t.test('lets no label slip into another one’s group', (t) => {
  t.not(groupOf({ proof: 'claim' }), groupOf({ proof: 'cri' }))
  t.equal(groupOf({ proof: 'claim' }), groupOf(null))
  t.end()
})

t.test('gives a finding about the node an id and a group of its own', (t) => {
  const { findings } = reportOf(snapshot({ gaps: [gap()] }))

  t.match(findings, [
    { rule: 'blind-agent', fact: 'source/docker', group: '["blind-agent",null,null,null,"source/docker"]' },
  ])
  t.end()
})

const CLOUDS: readonly (readonly [string, Parameters<typeof gap>[0], boolean])[] = [
  ['everything', { affects: '*' }, true],
  ['its kind', { affects: ['net'] }, true],
  ['its container', { affects: [container().id] }, true],
  ['another kind', { affects: ['pid'] }, false],
  ['another container', { affects: [idOf('b')] }, false],
  ['nothing', { affects: [] }, false],
]

for (const [what, given, isKept] of CLOUDS) {
  t.test(`${isKept ? 'keeps' : 'drops'} a finding that is not hit again where a gap clouds ${what}`, (t) => {
    const previous = [findingOf(shared())]
    const { findings } = reportOf(snapshot({ gaps: [gap(given)] }), { previous })

    t.strictSame(
      findings.filter(({ rule }) => rule !== 'blind-agent'),
      isKept ? [{ ...previous[0], stale: true }] : [],
    )
    t.end()
  })
}

t.test('drops a finding that is not hit again where nothing clouds it', (t) => {
  t.strictSame(reportOf(snapshot(), { previous: [findingOf(shared())] }).findings, [])
  t.end()
})

t.test('takes a stale finding that is hit again for the present one', (t) => {
  const previous = [{ ...findingOf(shared()), stale: true, severity: 'low' as const }]

  t.match(reportOf(snapshot({ containers: [shared()], gaps: [gap({ affects: ['net'] })] }), { previous }).findings, [
    { id: previous[0]?.id, stale: false, severity: 'high' },
  ])
  t.end()
})

t.test('keeps a pod’s finding while the container that replaced the one it is about is clouded', (t) => {
  const previous = [findingOf(shared({ pod: pod(), id: idOf('a') }))]
  const successor = container({ pod: pod(), id: idOf('b') })
  const clouded = snapshot({ containers: [successor], gaps: [gap({ affects: [idOf('b')] })] })

  t.match(reportOf(clouded, { previous }).findings, [{ id: previous[0]?.id, stale: true }])
  t.end()
})
