import type { Baseline } from '../model/namespace.ts'
import type { Process, Task } from '../model/task.ts'

/** Finds a process of the host's in its mnt namespace, by which the node's mounts can be read; the first is its init. */
export function hostTaskOf(processes: readonly Process[], { node }: Baseline): Task | undefined {
  const inode = node.mnt?.inode
  if (inode === undefined) return undefined
  return processes.find(({ leader }) => leader.container === null && leader.namespaces.mnt === inode)?.leader
}
