import type { Baseline } from '../model/namespace.ts'
import type { Process, Task } from '../model/task.ts'
import type { NetSpace, SocketSuspect } from '../sources/listener-source.ts'
import type { TaskReport } from '../sources/source.ts'
import type { Draft } from './join.ts'

/** More tasks than are asked before a net namespace counts as gone. */
const TASKS_MAX = 4

/** What a scan has read when it looks at net namespaces. */
export interface NetContext {
  readonly report: Pick<TaskReport, 'self' | 'selfPid'>
  readonly processes: readonly Process[]
  readonly drafts: readonly Draft[]
  readonly baseline: Baseline
}

/** A task and the container that it is in; null of the host's. */
interface Placed {
  readonly task: Task
  readonly containerId: string | null
}

/** Lists the net namespaces of all tasks, the host's first, each with those tasks by which it is read. */
export function listNetSpaces({ report, processes, drafts, baseline }: NetContext): NetSpace[] {
  const ids = idsByPid(drafts)
  const placed = processes.flatMap(({ leader, oddThreads }) =>
    [leader, ...oddThreads].map((task): Placed => ({ task, containerId: ids.get(task.pid) ?? null })),
  )
  const byNet = Map.groupBy(placed, ({ task }) => task.namespaces.net)
  const host = baseline.node.net?.inode
  const own = { pid: report.selfPid, tid: report.selfPid }
  const spaceOf = (inode: number): NetSpace => {
    const inside = byNet.get(inode) ?? []
    return {
      inode,
      tasks: [...(report.self.net === inode ? [own] : []), ...witnessesAmong(inside)],
      isHost: inode === host,
      containerIds: [...new Set(inside.flatMap(({ containerId }) => containerId ?? []))],
    }
  }
  const others = [...byNet.keys()].filter((inode) => inode !== host)
  return [host, ...others].flatMap((inode) => (inode === undefined ? [] : [spaceOf(inode)]))
}

/** Lists the processes whose descriptors may hold a socket. */
export function listSuspects({ processes, drafts }: Pick<NetContext, 'processes' | 'drafts'>): SocketSuspect[] {
  const ids = idsByPid(drafts)
  return processes.flatMap(({ leader, kernelThread }) => {
    if (kernelThread) return []
    const { pid, tid, startTime, comm, namespaces } = leader
    return [{ pid, tid, startTime, comm, netInode: namespaces.net, containerId: ids.get(pid) ?? null }]
  })
}

/** The oldest of the host's first, which a container cannot move or end. */
function witnessesAmong(placed: readonly Placed[]): NetSpace['tasks'] {
  const rankOf = ({ containerId }: Placed) => (containerId === null ? 0 : 1)
  const ordered = placed.toSorted((a, b) => rankOf(a) - rankOf(b) || a.task.startTime - b.task.startTime)
  return ordered.slice(0, TASKS_MAX).map(({ task: { pid, tid } }) => ({ pid, tid }))
}

function idsByPid(drafts: readonly Draft[]): ReadonlyMap<number, string> {
  return new Map(drafts.flatMap(({ id, processes }) => processes.map(({ leader }) => [leader.pid, id] as const)))
}
