import type { CgroupContainer, Process } from '../model/task.ts'
import type { RuntimeContainer } from '../sources/source.ts'

/** A runtime's row with the source that told of it. */
export interface Row extends RuntimeContainer {
  readonly source: string
}

/** One container as runtimes and cgroups know it together, before anything is judged. */
export interface Draft {
  readonly id: string
  /** The runtimes' rows, the first one's word first; empty when only cgroups know it. */
  readonly rows: readonly Row[]
  readonly cgroup: CgroupContainer | null
  readonly processes: readonly Process[]
  /** The init process: the runtime's word where its cgroup agrees, else the oldest. */
  readonly main: Process
}

/**
 * Joins the containers that runtimes tell of with the processes that cgroups place in a container, by id. A row
 * without a process here is no container of this node's present: it has ended, or it belongs to another node.
 */
export function joinContainers(processes: readonly Process[], rows: readonly Row[]): Draft[] {
  const rowsById = Map.groupBy(rows, ({ id }) => id)
  const placed = Map.groupBy(processes, placing(processes, rows))
  return [...placed].flatMap(([id, members]) => {
    const own = rowsById.get(id ?? '') ?? []
    const main = mainOf(members, own)
    if (id === null || main === undefined) return []
    return [{ id, rows: own, cgroup: main.leader.container, processes: members, main }]
  })
}

/** Gives the placing of processes in containers: by the cgroup's name, else by a cgroup shared with a known init. */
function placing(processes: readonly Process[], rows: readonly Row[]): (process: Process) => string | null {
  const byCgroup = namelessCgroups(processes, rows)
  return ({ leader, kernelThread }) =>
    kernelThread ? null : (leader.container?.id ?? byCgroup.get(leader.cgroup) ?? null)
}

/** Every hierarchy's path is the root. */
const NAMELESS = /^(?:\d+:[^:\n]*:\/\n)+$/

/**
 * A private cgroup namespace shows its own tasks as `0::/`, without a name. There the runtime's init pid says whose
 * the cgroup is, unless the node's init sits in it too.
 */
function namelessCgroups(processes: readonly Process[], rows: readonly Row[]): ReadonlyMap<string, string> {
  const byPid = new Map(processes.map(({ leader }) => [leader.pid, leader]))
  const named = new Map<string, string>()
  for (const { id, initPid } of rows) {
    const init = initPid === null ? undefined : byPid.get(initPid)
    if (init !== undefined && NAMELESS.test(init.cgroup)) named.set(init.cgroup, id)
  }
  named.delete(byPid.get(1)?.cgroup ?? '')
  return named
}

function mainOf(members: readonly Process[], rows: readonly Row[]): Process | undefined {
  const initPids = new Set(rows.map(({ initPid }) => initPid))
  const oldestFirst = members.toSorted(({ leader: a }, { leader: b }) => a.startTime - b.startTime || a.pid - b.pid)
  return oldestFirst.find(({ leader }) => initPids.has(leader.pid)) ?? oldestFirst[0]
}
