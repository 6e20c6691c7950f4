import type { Container } from '../model/container.ts'
import type { Evidence } from '../model/finding.ts'
import type { NamespaceKind } from '../model/namespace.ts'
import type { Reach } from '../model/reach.ts'
import { isRemapped, mayUse } from './severity.ts'

/** Which host processes a task may read, stop and enter, ptrace(2): that decides about /proc/PID/root and environ, too. */
export type Tracing = 'all' | 'own-uid' | 'none' | 'unknown'

/**
 * Lays out as evidence what a container in the host's namespace of this kind reaches there; nothing of a kind that was
 * not read.
 */
export function reachEvidence(kind: NamespaceKind, container: Container, reach: Reach): Evidence {
  if (kind === 'net' && reach.net !== undefined) return { reach: reach.net }
  if (kind === 'ipc' && reach.ipc !== undefined) return { reach: reach.ipc }
  if (kind !== 'pid' || reach.pid === undefined) return {}
  return { reach: { ...reach.pid, mayTrace: tracingOf(container) } }
}

/**
 * Tells which host processes a container may trace once it sees them. Without CAP_SYS_PTRACE over them only those of its
 * own uid that have no capability which it lacks, and from another user namespace none. Yama, seccomp and an LSM profile
 * may refuse more.
 */
export function tracingOf(container: Container): Tracing {
  if (container.privileges === null) return 'unknown'
  if (mayUse(container, 'SYS_PTRACE')) return 'all'
  return isRemapped(container) ? 'none' : 'own-uid'
}
