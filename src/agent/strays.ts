import type { Process } from '../model/task.ts'

/** Gives the id of the container that a process is in; null where it is the host's. */
export type Placing = (process: Process) => string | null

/**
 * Finds the processes that left their container's cgroup: no container's cgroup has them, but the parent, or a parent
 * above it, is a process of a container. A runtime's own helpers are no children of what they run. A parent started
 * before its child: a later one only has the number of one that ended.
 *
 * @returns the container of each such process
 */
export function findStrays(processes: readonly Process[], placeOf: Placing): ReadonlyMap<Process, string> {
  const byPid = new Map(processes.map((process) => [process.leader.pid, process]))
  const places = new Map<Process, string | null>()
  const strays = new Map<Process, string>()
  for (const process of processes) {
    const chain: Process[] = []
    let next: Process | undefined = process
    while (next !== undefined && !places.has(next) && placeOf(next) === null) {
      chain.push(next)
      // Two processes cannot be each other's parents, but two that a hostile procfs shows could.
      places.set(next, null)
      next = parentOf(next, byPid)
    }
    const place = next === undefined ? null : (places.get(next) ?? placeOf(next))
    if (place === null) continue
    for (const stray of chain) {
      places.set(stray, place)
      strays.set(stray, place)
    }
  }
  return strays
}

function parentOf({ leader, kernelThread }: Process, byPid: ReadonlyMap<number, Process>): Process | undefined {
  if (kernelThread) return
  const parent = byPid.get(leader.ppid)
  return parent !== undefined && parent.leader.startTime <= leader.startTime ? parent : undefined
}
