import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import { joinContainers } from '../../src/agent/join.ts'
import { diff, stateOf } from '../../src/model/changes.ts'
import type { Origin } from '../../src/model/origin.ts'
import type { Process } from '../../src/model/task.ts'
import { INIT, scanned } from '../helpers/scanned.ts'
import { idOf, row, running } from '../helpers/tasks.ts'

const A = idOf('a')
const B = idOf('b')
const OWN = { net: 90, pid: 91, ipc: 92, mnt: 93, uts: 94, cgroup: 95 }

const shim = running({ pid: 5, comm: 'containerd-shim' })
const main = running({ pid: 10, ppid: 5, id: A, namespaces: OWN })
const stray = running({ pid: 20, ppid: 10, namespaces: OWN })
const ROWS = [row({ id: A, initPid: 10 })]

const ORIGIN: Origin = {
  exe: '/bin/sleep',
  parents: [{ pid: 10, comm: 'sh', exe: '/bin/sh' }],
  loginUid: null,
  sessionId: null,
  cgroup: '/system.slice',
}

function membersOf(processes: readonly Process[], id: string): number[] {
  return joinContainers(processes, ROWS).flatMap((draft) =>
    draft.id === id ? draft.processes.map(({ leader }) => leader.pid) : [],
  )
}

t.test('counts a process below a container’s as the container’s, whatever cgroup it is in', (t) => {
  const deep = running({ pid: 30, ppid: 20 })

  t.strictSame(membersOf([INIT, shim, main, stray, deep], A), [10, 20, 30])
  t.strictSame(membersOf([deep, stray, main], A), [30, 20, 10], 'in any order')
  t.end()
})

t.test('counts what the same shim started in the container’s mnt and pid namespaces, as docker exec does', (t) => {
  const exec = { pid: 40, ppid: 5, namespaces: OWN }

  t.strictSame(membersOf([INIT, shim, main, running(exec)], A), [10, 40])
  t.strictSame(
    membersOf([INIT, shim, main, running({ ...exec, ppid: 6 }), running({ pid: 6 })], A),
    [10],
    'not nsenter',
  )
  t.strictSame(membersOf([INIT, shim, main, running({ ...exec, namespaces: { mnt: 93 } })], A), [10])
  const orphan = running({ pid: 10, ppid: 1, id: A, namespaces: OWN })
  t.strictSame(membersOf([INIT, orphan, running({ ...exec, ppid: 1 })], A), [10], 'nor where the init has both')
  t.end()
})

t.test('survives a chain of parents as long as there are processes', (t) => {
  const chain = Array.from({ length: 40_000 }, (_, index) =>
    running({ pid: 100 + index, ppid: index === 0 ? 10 : 99 + index }),
  )

  t.equal(membersOf([main, ...chain.toReversed()], A).length, 40_001)
  t.end()
})

t.test('never takes a process that left for the container’s main one', (t) => {
  const rows = [row({ id: A, initPid: 20 })]
  t.equal(joinContainers([stray, main], rows)[0]?.main.leader.pid, 10)
  t.end()
})

const NONE: readonly (readonly [string, Process])[] = [
  ['the shim, and what it starts on its way into the container', running({ pid: 21, ppid: 5 })],
  ['a process whose parent’s number is another one’s now', running({ pid: 22, ppid: 10, startTime: 9 })],
  ['a process whose parent is not there', running({ pid: 23, ppid: 22 })],
  ['its own parent', running({ pid: 24, ppid: 24 })],
  ['a kernel thread', running({ pid: 25, ppid: 10 }, { kernelThread: true })],
]

for (const [what, process] of NONE) {
  t.test(`does not count ${what}`, (t) => {
    t.strictSame(membersOf([INIT, shim, main, process], A), [10])
    t.end()
  })
}

t.test('leaves a process in the cgroup of another container to that one', (t) => {
  const other = running({ pid: 26, ppid: 10, id: B, namespaces: OWN })

  t.strictSame(membersOf([main, other], A), [10])
  t.strictSame(membersOf([main, other], B), [26])
  t.end()
})

t.test('hits once for a container whose process left its cgroup, and names where that came from', async (t) => {
  const { containers, ...rest } = await scanned([shim, main, stray], {
    rows: ROWS,
    details: { readOrigin: () => ORIGIN },
  })

  t.match(containers[0]?.strays, { total: 1, tasks: [{ pid: 20, origin: ORIGIN }] })
  t.match(reportOf({ ...rest, containers }).findings, [
    { rule: 'escaped-process', fact: 'cgroup-path', evidence: { how: 'cgroup', strays: { total: 1 } } },
  ])
})

const SETTLED: readonly (readonly [string, readonly Process[]])[] = [
  ['ended', [INIT, shim, main]],
  ['came back', [INIT, shim, main, running({ pid: 20, ppid: 10, id: A, namespaces: OWN })]],
]

for (const [what, again] of SETTLED) {
  t.test(`stays silent about one that ${what} between two looks`, async (t) => {
    const snapshot = await scanned([shim, main, stray], { rows: ROWS, again })

    t.equal(snapshot.containers[0]?.strays, undefined)
    t.strictSame(reportOf(snapshot).findings, [])
  })
}

t.test('judges where a process went that also left the cgroup', async (t) => {
  const gone = running({ pid: 20, ppid: 10, namespaces: { ...OWN, net: 4026531833 } })
  const { findings } = reportOf(await scanned([shim, main, gone], { rows: ROWS }))

  t.strictSame(findings.map(({ rule, fact }) => `${rule} ${fact}`).toSorted(), [
    'escaped-process cgroup-path',
    'escaped-process net',
  ])
})

t.test('says nothing new of a node that stands still', async (t) => {
  const look = async () =>
    stateOf(
      reportOf(await scanned([shim, main, stray], { rows: ROWS, details: { readOrigin: () => ({ ...ORIGIN }) } })),
    )

  t.strictSame(diff(await look(), await look(), 0), [])
})
