import type { Container, Privileges } from '../model/container.ts'
import { SEVERITIES, type Severity } from '../model/finding.ts'
import type { NamespaceKind } from '../model/namespace.ts'
import type { IpcReach, Reach } from '../model/reach.ts'
import { type Capability, hasAny } from './capabilities.ts'

/** What turns a shared namespace into a way out, and how it weighs with and without. */
interface Weight {
  readonly capabilities: readonly Capability[]
  readonly with: Severity
  readonly without: Severity
}

const WEIGHTS: Readonly<Partial<Record<NamespaceKind, Weight>>> = {
  net: { capabilities: ['NET_RAW', 'NET_ADMIN', 'SYS_ADMIN'], with: 'high', without: 'medium' },
  pid: { capabilities: ['SYS_PTRACE', 'SYS_ADMIN'], with: 'critical', without: 'high' },
  ipc: { capabilities: ['IPC_OWNER', 'SYS_ADMIN'], with: 'medium', without: 'low' },
  mnt: { capabilities: ['DAC_OVERRIDE', 'SYS_ADMIN'], with: 'critical', without: 'high' },
  uts: { capabilities: ['SYS_ADMIN'], with: 'medium', without: 'low' },
  cgroup: { capabilities: ['SYS_ADMIN'], with: 'low', without: 'info' },
}

/**
 * Weighs a namespace shared with the host by what the container's main task may do with it. A capability of the kind's,
 * in a user namespace where it reaches the host, is the top; so are rights that could not be read. Without one, a task
 * that neither seccomp nor a Linux Security Module confines weighs one step more, one that can neither be root outside
 * nor become it one step less. An ipc namespace without any object in it weighs as without capability.
 *
 * @param reach what the host's namespaces hold, as far as it was read
 */
export function severityOf(kind: NamespaceKind, container: Container, reach: Reach = {}): Severity {
  const weight = WEIGHTS[kind]
  if (weight === undefined) return 'medium'
  const { privileges } = container
  if (kind === 'ipc' && isIdle(reach.ipc)) return weight.without
  if (privileges === null || mayUse(container, ...weight.capabilities)) return weight.with
  const steps = (isUnconfined(privileges) ? 1 : 0) - (staysUnprivileged(container, privileges) ? 1 : 0)
  return stepped(weight.without, steps, weight.with)
}

/** Tells whether the main task has one of these where it reaches what the host's user namespace owns; false where nobody knows. */
export function mayUse(container: Container, ...wanted: readonly Capability[]): boolean {
  const { privileges } = container
  return privileges !== null && !isRemapped(container) && hasAny(privileges.effectiveCapabilities, ...wanted)
}

/**
 * Capabilities in a user namespace of one's own reach nothing that the host's owns. In the host's they do, also where
 * that is itself a mapped one, as on a node in an unprivileged container.
 */
export function isRemapped({ userNs, sharing }: Container): boolean {
  const { main } = sharing.user
  if (main === 'host' || main === 'kernel' || main === 'unknown') return false
  return userNs.rootMapsTo !== 0
}

/** A kernel without seccomp says `unknown`. */
function isUnconfined({ seccomp, lsm }: Privileges): boolean {
  return (seccomp === 'disabled' || seccomp === 'unknown') && !lsm.confines
}

/** It is not uid 0 outside, and no program with setuid bit or file capabilities makes it so, execve(2). */
function staysUnprivileged(container: Container, { uid, noNewPrivs }: Privileges): boolean {
  return uid !== 0 && (noNewPrivs || isRemapped(container))
}

function isIdle(ipc: IpcReach | undefined): boolean {
  return ipc !== undefined && Object.values(ipc).every((found) => found !== 'unknown' && found.total === 0)
}

function stepped(severity: Severity, steps: number, most: Severity): Severity {
  const index = Math.min(SEVERITIES.indexOf(severity) + steps, SEVERITIES.indexOf(most))
  return SEVERITIES[Math.max(index, 0)] ?? severity
}

/** One step up: what nobody declared weighs more than what somebody did. */
export function raised(severity: Severity): Severity {
  return SEVERITIES[SEVERITIES.indexOf(severity) + 1] ?? severity
}
