import { INITIAL_INODES } from '../model/namespace.ts'
import type { CgroupContainer, Process, Task } from '../model/task.ts'
import type { RuntimeContainer } from '../sources/source.ts'
import { findStrays, type Placing } from './strays.ts'

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
  const placeOf = placing(processes, rows)
  const strays = findStrays(processes, placeOf)
  const placed = Map.groupBy(processes, (process) => strays.get(process) ?? placeOf(process))
  const marked = (process: Process): Process => (strays.has(process) ? { ...process, stray: true } : process)
  return [...placed].flatMap(([id, members]) =>
    id === null ? [] : (draftOf(id, rowsById.get(id) ?? [], members.map(marked)) ?? []),
  )
}

/** Makes a container of processes that belong to it; null when there is none. */
export function draftOf(id: string, rows: readonly Row[], processes: readonly Process[]): Draft | null {
  const main = mainOf(processes, rows)
  return main === undefined ? null : { id, rows, cgroup: main.leader.container, processes, main }
}

/** Gives the placing of processes in containers: by the cgroup's name, else by a cgroup shared with a known init. */
function placing(processes: readonly Process[], rows: readonly Row[]): Placing {
  const byCgroup = namelessCgroups(processes, rows)
  const outermost = new Set(
    processes.flatMap(({ leader: { container } }) => (container?.parent === undefined ? (container?.id ?? []) : [])),
  )
  return ({ leader: { container, cgroup }, kernelThread }) => {
    if (kernelThread) return null
    if (container === null) return byCgroup.get(cgroup) ?? null
    // Whoever may make cgroups inside a container may name one after another container, and is not in that one.
    return container.parent !== undefined && outermost.has(container.id) ? container.parent : container.id
  }
}

/** Every hierarchy's path is the root. */
const NAMELESS = /^(?:\d+:[^:\n]*:\/\n)+$/

/**
 * A private cgroup namespace shows its own tasks as `0::/`, without a name. There the runtime's init pid says whose
 * the cgroup is, unless the node's init sits in it too, or that process is in no such namespace: then it is a process
 * of the host, whatever the runtime says.
 */
function namelessCgroups(processes: readonly Process[], rows: readonly Row[]): ReadonlyMap<string, string> {
  const byPid = new Map(processes.map(({ leader }) => [leader.pid, leader]))
  const node = byPid.get(1)
  const named = new Map<string, string>()
  // A user's runtime would so adopt whatever else shows no name.
  for (const { id, initPid } of rows.filter(({ runtime }) => runtime.user === undefined)) {
    const init = initPid === null ? undefined : byPid.get(initPid)
    if (init !== undefined && NAMELESS.test(init.cgroup) && hasPrivateCgroups(init, node)) named.set(init.cgroup, id)
  }
  named.delete(node?.cgroup ?? '')
  return named
}

function hasPrivateCgroups({ namespaces: { cgroup } }: Task, node: Task | undefined): boolean {
  return cgroup !== undefined && cgroup !== INITIAL_INODES.cgroup && cgroup !== node?.namespaces.cgroup
}

function mainOf(members: readonly Process[], rows: readonly Row[]): Process | undefined {
  const initPids = new Set(rows.map(({ initPid }) => initPid))
  const inside = members.filter(({ stray }) => stray === undefined)
  const oldestFirst = inside.toSorted(({ leader: a }, { leader: b }) => a.startTime - b.startTime || a.pid - b.pid)
  return oldestFirst.find(({ leader }) => initPids.has(leader.pid)) ?? oldestFirst[0]
}
