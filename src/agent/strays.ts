import type { Process } from '../model/task.ts'

const INIT = 1

/** Gives the id of the container that a process is in; null where it is the host's. */
export type Placing = (process: Process) => string | null

/**
 * Finds the processes that left their container's cgroup: no container's cgroup has them, but the parent, or a parent
 * above it, is a process of a container; or they are what a runtime started inside it (`docker exec`), in its mnt and pid
 * namespaces and below the same shim. A runtime's own helpers are neither. A parent started before its child: a later
 * one only has the number of one that ended.
 *
 * @returns the container of each such process
 */
export function findStrays(processes: readonly Process[], placeOf: Placing): ReadonlyMap<Process, string> {
  const byPid = new Map(processes.map((process) => [process.leader.pid, process]))
  const besides = runtimeChildren(processes, byPid, placeOf)
  const places = new Map<Process, string | null>()
  const settle = (process: Process): void => {
    const chain: Process[] = []
    let next: Process | undefined = process
    let place: string | null = null
    // No recursion: a container can make a chain of parents as long as it likes.
    while (next !== undefined && place === null && !places.has(next)) {
      place = placeOf(next) ?? besides.get(siblingKey(next)) ?? null
      chain.push(next)
      // As long as it is looked at, so that parents in a circle come to an end.
      places.set(next, place)
      if (place === null) next = parentOf(next, byPid)
    }
    place ??= next === undefined ? null : (places.get(next) ?? null)
    for (const seen of chain) places.set(seen, place)
  }
  for (const process of processes) settle(process)
  const strays = [...places].flatMap(([process, place]): [Process, string][] =>
    place !== null && placeOf(process) === null ? [[process, place]] : [],
  )
  return new Map(strays)
}

/** What runtimes started in a mnt namespace beside their own, by parent and namespaces. */
function runtimeChildren(
  processes: readonly Process[],
  byPid: ReadonlyMap<number, Process>,
  placeOf: Placing,
): ReadonlyMap<string, string> {
  const children = new Map<string, string>()
  for (const process of processes) {
    const place = placeOf(process)
    const { mnt, pid } = process.leader.namespaces
    const above = place === null ? undefined : parentOf(process, byPid)
    const around = above?.leader.namespaces.mnt
    // What has lost its parent is the init's, as any process may be.
    const isRuntimes = above !== undefined && above.leader.pid !== INIT && placeOf(above) === null
    if (place === null || !isRuntimes || mnt === undefined || pid === undefined) continue
    if (around !== undefined && around !== mnt) children.set(siblingKey(process), place)
  }
  return children
}

function siblingKey({ leader }: Process): string {
  const { mnt, pid } = leader.namespaces
  return `${leader.ppid}/${mnt}/${pid}`
}

function parentOf({ leader, kernelThread }: Process, byPid: ReadonlyMap<number, Process>): Process | undefined {
  if (kernelThread) return
  const parent = byPid.get(leader.ppid)
  return parent !== undefined && parent.leader.startTime <= leader.startTime ? parent : undefined
}
