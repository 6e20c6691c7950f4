import t from 'tap'
import { type Draft, joinContainers } from '../../src/agent/join.ts'
import type { Process } from '../../src/model/task.ts'
import { idOf, row, running } from '../helpers/tasks.ts'

const A = idOf('a')
const B = idOf('b')
const NAMELESS = '0::/\n'
const PRIVATE = { cgroup: 4026532600 }

/** Who is where: the pids of each container, its main process first. */
function places(drafts: readonly Draft[]): Record<string, number[]> {
  return Object.fromEntries(
    drafts.map(({ id, main, processes }) => [id, [main, ...processes.filter((one) => one !== main)].map(pidOf)]),
  )
}

function pidOf({ leader }: Process): number {
  return leader.pid
}

t.test('joins by id what a runtime tells and what cgroups place', (t) => {
  const processes = [running({ pid: 10, id: A }), running({ pid: 11, id: A }), running({ pid: 12 })]
  const rows = [row({ id: A, initPid: 10 })]

  const drafts = joinContainers(processes, rows)

  t.strictSame(places(drafts), { [A]: [10, 11] })
  t.strictSame(drafts[0]?.rows, rows)
  t.match(drafts[0]?.cgroup, { id: A, runtime: 'docker' })
  t.end()
})

t.test('keeps a container that only cgroups know, with its oldest process as the main one', (t) => {
  const processes = [running({ pid: 30, startTime: 3, id: A }), running({ pid: 20, startTime: 2, id: A })]

  const [draft] = joinContainers(processes, [])

  t.strictSame(places(draft ? [draft] : []), { [A]: [20, 30] })
  t.strictSame(draft?.rows, [])
  t.end()
})

t.test('takes the runtime’s word for the init process where its cgroup agrees, else the oldest', (t) => {
  const processes = [running({ pid: 10, id: A }), running({ pid: 11, id: A }), running({ pid: 12, id: B })]

  t.strictSame(places(joinContainers(processes, [row({ id: A, initPid: 11 })]))[A], [11, 10])
  t.strictSame(places(joinContainers(processes, [row({ id: A, initPid: 12 })]))[A], [10, 11])
  t.strictSame(places(joinContainers(processes, [row({ id: A, initPid: null })]))[A], [10, 11])
  t.end()
})

t.test('joins several runtimes’ rows of one container in their order', (t) => {
  const rows = [row({ id: A, source: 'docker', initPid: null }), row({ id: A, source: 'cri', initPid: 11 })]

  const [draft] = joinContainers([running({ pid: 10, id: A }), running({ pid: 11, id: A })], rows)

  t.strictSame(
    draft?.rows.map(({ source }) => source),
    ['docker', 'cri'],
  )
  t.equal(draft?.main.leader.pid, 11)
  t.end()
})

t.test('knows no container of a row without a process here', (t) => {
  t.strictSame(joinContainers([running({ pid: 12 })], [row({ id: A, initPid: 10 })]), [])
  t.strictSame(joinContainers([], [row({ id: A, initPid: 10 })]), [])
  t.end()
})

t.test('takes a kernel thread for no container’s', (t) => {
  t.strictSame(joinContainers([running({ id: A }, { kernelThread: true })], []), [])
  t.end()
})

t.test('adopts no process of the host’s that a runtime names as its init', (t) => {
  const init = running({ pid: 1, cgroup: '0::/init.scope\n' })
  const service = running({ pid: 12 })
  const stray = running({ pid: 13, cgroup: NAMELESS })
  for (const initPid of [1, 12, 13]) t.strictSame(joinContainers([init, service, stray], [row({ id: A, initPid })]), [])

  const rooted = running({ pid: 1, cgroup: NAMELESS, namespaces: PRIVATE })
  t.strictSame(joinContainers([rooted, stray], [row({ id: A, initPid: 1 })]), [], 'nor where all sit in the root')
  t.strictSame(joinContainers([rooted, stray], [row({ id: A, initPid: 13 })]), [])
  t.end()
})

t.test('adopts no other container’s process that a runtime names as its init', (t) => {
  const processes = [running({ pid: 10, id: A }), running({ pid: 11, id: B })]

  t.strictSame(places(joinContainers(processes, [row({ id: A, initPid: 11 })])), { [A]: [10], [B]: [11] })
  t.end()
})

t.test('names a cgroup that a private cgroup namespace shows without a name by the init in it', (t) => {
  const node = running({ pid: 1, cgroup: '0::/../../init.scope\n' })
  const own = [10, 11].map((pid) => running({ pid, cgroup: NAMELESS, namespaces: PRIVATE }))
  const other = running({ pid: 12, cgroup: `0::/../${B}\n`, container: { id: B, runtime: 'unknown' } })

  t.strictSame(places(joinContainers([node, ...own, other], [row({ id: A, initPid: 10 })])), {
    [A]: [10, 11],
    [B]: [12],
  })
  t.strictSame(places(joinContainers([node, ...own, other], [])), { [B]: [12] }, 'but not without a runtime')
  t.end()
})

t.test('names such a cgroup in every v1 hierarchy, or not at all', (t) => {
  const bare = running({ pid: 10, cgroup: '2:cpu:/\n1:name=systemd:/\n0::/\n', namespaces: PRIVATE })
  const partly = running({ pid: 10, cgroup: '2:cpu:/\n1:name=systemd:/x\n', namespaces: PRIVATE })

  t.strictSame(places(joinContainers([bare], [row({ id: A, initPid: 10 })])), { [A]: [10] })
  t.strictSame(joinContainers([partly], [row({ id: A, initPid: 10 })]), [])
  t.end()
})

t.test('keeps a container inside another one apart from it', (t) => {
  const outer = running({ pid: 10, id: A })
  const inner = running({ pid: 11, container: { id: B, runtime: 'docker', parent: A } })

  t.strictSame(places(joinContainers([outer, inner], [])), { [A]: [10], [B]: [11] })
  t.end()
})

t.test('lets nobody pass for another container by a cgroup of that name inside his own', (t) => {
  const victim = running({ pid: 10, id: B })
  const attacker = [
    running({ pid: 11, id: A }),
    running({ pid: 9, container: { id: B, runtime: 'docker', parent: A } }),
  ]

  t.strictSame(places(joinContainers([victim, ...attacker], [])), { [A]: [9, 11], [B]: [10] })
  t.end()
})
