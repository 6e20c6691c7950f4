import t from 'tap'
import { type BaselineOptions, proveBaseline } from '../../src/agent/baseline.ts'
import type { Baseline, NamespaceInodes } from '../../src/model/namespace.ts'
import { MISSION_KINDS, NAMESPACE_KINDS } from '../../src/model/namespace.ts'
import type { Process } from '../../src/model/task.ts'
import type { TaskReport } from '../../src/sources/source.ts'
import { HOST_INODES } from '../helpers/builders.ts'
import { closed, idOf, running, taskReport } from '../helpers/tasks.ts'

const PLAIN: BaselineOptions = {
  nestedNode: false,
  runtimeSeen: false,
  isContainerTask: ({ leader }) => leader.container !== null,
}

/** A node inside a container: nothing of it is in the kernel's initial namespaces but user and time. */
const NESTED = { net: 101, pid: 102, ipc: 103, mnt: 104, uts: 105, cgroup: 106 }
const NESTED_SELF: NamespaceInodes = { ...HOST_INODES, ...NESTED }

const kthreadd = running({ pid: 2, comm: 'kthreadd', cgroup: '' }, { kernelThread: true })
const closedKthreadd: Process = { ...closed({ pid: 2 }), kernelThread: true }

function prove(given: Partial<TaskReport>, options: Partial<BaselineOptions> = {}) {
  return proveBaseline(taskReport({ sharesNetWithInit: null, ...given }), { ...PLAIN, ...options })
}

/** How each kind of the node's was proven, in the order of the kinds. */
function proofs({ node }: Baseline): (string | undefined)[] {
  return NAMESPACE_KINDS.map((kind) => node[kind]?.by)
}

t.test('proves the host by pid 1 where its links are open', (t) => {
  const { baseline, gaps } = prove({ processes: [running({ pid: 1, namespaces: { mnt: 7 } }), kthreadd] })

  t.strictSame(
    proofs(baseline),
    NAMESPACE_KINDS.map(() => 'pid1'),
  )
  t.equal(baseline.node.mnt?.inode, 7, 'its own, where it is elsewhere than the kernel')
  t.equal(baseline.kernel?.mnt?.inode, HOST_INODES.mnt)
  t.equal(baseline.nested, false)
  t.strictSame(gaps, [])
  t.end()
})

t.test('proves it by kthreadd where pid 1 is closed', (t) => {
  const { baseline, gaps } = prove({ processes: [closed({ pid: 1 }), kthreadd] })

  t.strictSame(
    proofs(baseline),
    NAMESPACE_KINDS.map(() => 'kthreadd'),
  )
  t.strictSame(baseline.node.net, { inode: HOST_INODES.net, by: 'kthreadd' })
  t.strictSame(gaps, [])
  t.end()
})

t.test('proves it by constants where kthreadd is closed too, and by a majority where there is no constant', (t) => {
  const tasks = [20, 21].map((pid) => running({ pid }))
  const elsewhere = running({ pid: 22, namespaces: { net: 9, mnt: 9 } })

  const { baseline, gaps } = prove({ processes: [closed({ pid: 1 }), closedKthreadd, ...tasks, elsewhere] })

  const constant = 'constant'
  t.strictSame(proofs(baseline), ['majority', constant, constant, 'majority', constant, constant, constant, constant])
  t.equal(baseline.node.net?.inode, HOST_INODES.net)
  t.strictSame(gaps, [])
  t.end()
})

t.test('counts no container’s task and no kernel thread in a majority', (t) => {
  const inContainers = [30, 31, 32].map((pid) => running({ pid, id: idOf('a'), namespaces: { net: 9 } }))
  const threads = [40, 41, 42].map((pid) => running({ pid, namespaces: { net: 8 } }, { kernelThread: true }))

  const { baseline } = prove({ processes: [running({ pid: 20 }), ...inContainers, ...threads] })

  t.equal(baseline.node.net?.inode, HOST_INODES.net)
  t.end()
})

t.test('takes half for no majority, and says so', (t) => {
  const processes = [running({ pid: 20 }), running({ pid: 21, namespaces: { net: 9 } })]

  const { baseline, gaps } = prove({ processes })

  t.equal(baseline.node.net, undefined)
  t.match(gaps, [{ source: 'baseline', subject: 'net', reason: 'denied', affects: ['net'] }])
  t.end()
})

t.test('proves net by sharing it with pid 1, which needs no right', (t) => {
  const { baseline } = prove({ processes: [closed({ pid: 1 })], sharesNetWithInit: true })

  t.strictSame(baseline.node.net, { inode: HOST_INODES.net, by: 'pid1' })
  t.end()
})

t.test('believes no majority that is known to be elsewhere than pid 1', (t) => {
  const self = { ...HOST_INODES, net: 9 }
  const processes = [20, 21].map((pid) => running({ pid, namespaces: { net: 9 } }))

  t.equal(prove({ processes, self, sharesNetWithInit: false }).baseline.node.net, undefined)
  t.equal(
    prove({ processes, self: HOST_INODES, sharesNetWithInit: false }).baseline.node.net?.inode,
    9,
    'only our own is',
  )
  t.equal(prove({ processes, self, sharesNetWithInit: null }).baseline.node.net?.inode, 9)
  t.end()
})

t.test('proves nothing outside the kernel’s initial pid namespace, whose pid 1 may be our own container’s', (t) => {
  const processes = [running({ pid: 1, namespaces: NESTED })]

  const { baseline, gaps } = prove({
    processes,
    self: NESTED_SELF,
    initialPidNamespace: false,
    sharesNetWithInit: true,
  })

  t.strictSame(baseline.node, {})
  t.equal(baseline.nested, true)
  t.match(gaps, [{ subject: 'net, pid, ipc', affects: MISSION_KINDS, detail: /--nested-node/ }])
  t.end()
})

for (const word of ['nestedNode', 'runtimeSeen'] as const) {
  t.test(`takes pid 1 for a nested node’s where ${word} says so, and keeps the kernel apart from it`, (t) => {
    const processes = [running({ pid: 1, namespaces: NESTED })]
    const given = { processes, self: NESTED_SELF, initialPidNamespace: false }

    const { baseline, gaps } = prove(given, { [word]: true })

    t.strictSame(
      proofs(baseline),
      NAMESPACE_KINDS.map(() => 'pid1'),
    )
    t.equal(baseline.node.ipc?.inode, NESTED.ipc)
    t.strictSame(baseline.kernel?.ipc, { inode: HOST_INODES.ipc, by: 'constant' })
    t.equal(baseline.kernel?.net, undefined, 'net has no constant on every kernel')
    t.strictSame(gaps, [])
    t.end()
  })
}

t.test('takes no constant for a nested node’s', (t) => {
  const { baseline } = prove({ processes: [closed({ pid: 1 })], initialPidNamespace: false }, { nestedNode: true })

  t.strictSame(baseline.node, {})
  t.end()
})

t.test('knows no constant of a kind that this kernel does not have', (t) => {
  const { time: _, ...self } = HOST_INODES

  const { baseline, gaps } = prove({ processes: [], self })

  t.equal(baseline.kernel?.time, undefined)
  t.equal(baseline.kernel?.cgroup?.by, 'constant')
  t.strictSame(
    gaps.flatMap(({ affects }) => affects),
    ['net'],
    'which is nobody’s mission',
  )
  t.end()
})
