import { type AddressScope, scopeOf } from '../model/address-scope.ts'
import type { Container } from '../model/container.ts'
import type { Severity } from '../model/finding.ts'
import type { Port } from '../model/port.ts'
import { mayUse, raised } from './severity.ts'

const BY_SCOPE: Readonly<Record<AddressScope, Severity>> = { any: 'medium', one: 'low', loopback: 'info' }

/**
 * Weighs a port by who reaches it, and by what stands behind: one step more where the container's main task may take the
 * host, or its rights could not be read.
 */
export function portSeverity(port: Port, container: Container | undefined): Severity {
  const severity = BY_SCOPE[reachOf(port)]
  if (container === undefined) return severity
  const isMighty = container.privileges === null || mayUse(container, 'SYS_ADMIN', 'SYS_PTRACE')
  return isMighty ? raised(severity) : severity
}

/** An address that nothing from elsewhere is let through to is as good as loopback. */
function reachOf({ hostAddress, effective: { outside, node } }: Port): AddressScope {
  return outside === 'no' && node === 'no' ? 'loopback' : scopeOf(hostAddress || '0.0.0.0')
}
