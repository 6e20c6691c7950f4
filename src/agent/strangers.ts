import { setTimeout as delay } from 'node:timers/promises'
import type { Baseline } from '../model/namespace.ts'
import type { Process, Task } from '../model/task.ts'
import { ATTRIBUTED_KINDS, type AttributedKind } from '../model/unattributed.ts'
import type { TaskSource } from '../sources/source.ts'
import type { Draft } from './join.ts'

/** A runtime's helper on its way into a container, and a process that is starting, is gone from there by then. */
const SECOND_LOOK_MS = 250

/** No container's process that is in a namespace beside the host's. */
export interface Stranger {
  readonly task: Task
  readonly kinds: readonly AttributedKind[]
}

/**
 * Lists the processes of no container that are in a net, pid, ipc or mnt namespace beside the host's. Threads are not
 * asked: kubelets, CNI plugins and dockerd send theirs into containers' net namespaces all the time.
 */
export function findStrangers(
  processes: readonly Process[],
  drafts: readonly Draft[],
  { node, kernel }: Baseline,
): Stranger[] {
  const placed = new Set(drafts.flatMap((draft) => draft.processes.map(({ leader }) => leader.pid)))
  return processes.flatMap(({ leader, kernelThread }) => {
    // A process in a container's cgroup that is in no draft belongs to a container that is coming or going.
    if (kernelThread || leader.container !== null || placed.has(leader.pid)) return []
    const kinds = ATTRIBUTED_KINDS.filter((kind) => {
      const inode = leader.namespaces[kind]
      const host = node[kind]?.inode
      return inode !== undefined && host !== undefined && inode !== host && inode !== kernel?.[kind]?.inode
    })
    return kinds.length === 0 ? [] : [{ task: leader, kinds }]
  })
}

/** Reads strangers a second time, and keeps those that still are where they were. */
export async function settleStrangers(
  strangers: readonly Stranger[],
  tasks: TaskSource,
  signal: AbortSignal,
): Promise<Stranger[]> {
  if (strangers.length === 0) return []
  await delay(SECOND_LOOK_MS, undefined, { signal })
  return strangers.flatMap(({ task, kinds }) => {
    const again = tasks.reread(task)
    if (again === null || again.container !== null) return []
    const stays = kinds.every((kind) => again.namespaces[kind] === task.namespaces[kind])
    return stays ? [{ task: again, kinds }] : []
  })
}
