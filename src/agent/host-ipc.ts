import type { Container } from '../model/container.ts'
import type { Gap } from '../model/gap.ts'
import type { Baseline } from '../model/namespace.ts'
import type { Process } from '../model/task.ts'
import type { DetailSource } from '../sources/source.ts'
import { hostTaskOf } from './host-task.ts'
import type { Draft } from './join.ts'

/** What was read of the node before. */
export interface HostIpcContext {
  readonly drafts: readonly Draft[]
  readonly processes: readonly Process[]
  readonly baseline: Baseline
  readonly details: Pick<DetailSource, 'readHostIpc'>
}

/**
 * Adds to each container what it has mounted of the host's shared memory and message queues. Without a proven host, or
 * a process of it, nothing is told; a container whose mounts cannot be read is a gap.
 */
export function withHostIpc(
  containers: readonly Container[],
  { drafts, processes, baseline, details }: HostIpcContext,
): { readonly containers: readonly Container[]; readonly gaps: readonly Gap[] } {
  const host = hostTaskOf(processes, baseline)
  if (host === undefined) return { containers, gaps: [] }
  const mains = new Map(drafts.map(({ id, main }) => [id, main.leader]))
  const gaps: Gap[] = []
  const told = containers.map((container) => {
    const main = mains.get(container.id)
    const hostIpc = main === undefined ? null : details.readHostIpc(main, host)
    if (typeof hostIpc === 'string') {
      const subject = `mounts of container ${container.id}`
      gaps.push({ source: 'procfs', subject, reason: hostIpc, affects: [container.id] })
    }
    return hostIpc === null || typeof hostIpc === 'string' ? container : { ...container, hostIpc }
  })
  return { containers: told, gaps }
}
