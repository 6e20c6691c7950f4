import type { Container } from '../model/container.ts'
import { SEVERITIES, type Severity } from '../model/finding.ts'
import type { NamespaceKind } from '../model/namespace.ts'
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
 * Weighs a namespace shared with the host by what the container's main task may do with it: effective capabilities,
 * and whether its root is root outside. Rights that could not be read weigh as if they were there.
 */
export function severityOf(kind: NamespaceKind, container: Container): Severity {
  const weight = WEIGHTS[kind]
  if (weight === undefined) return 'medium'
  const { privileges } = container
  if (privileges === null) return weight.with
  const reaches = !isRemapped(container) && hasAny(privileges.effectiveCapabilities, ...weight.capabilities)
  return reaches ? weight.with : weight.without
}

/**
 * Capabilities in a user namespace of one's own reach nothing that the host's owns. In the host's they do, also where
 * that is itself a mapped one, as on a node in an unprivileged container.
 */
function isRemapped({ userNs, sharing }: Container): boolean {
  const { main } = sharing.user
  if (main === 'host' || main === 'kernel' || main === 'unknown') return false
  return userNs.rootMapsTo !== 0
}

/** One step up: what nobody declared weighs more than what somebody did. */
export function raised(severity: Severity): Severity {
  return SEVERITIES[SEVERITIES.indexOf(severity) + 1] ?? severity
}
