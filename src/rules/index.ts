import type { RuleHit } from '../model/finding.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { blindAgent } from './blind-agent.ts'
import { crossPodSharing } from './cross-pod-sharing.ts'
import { escapedProcess } from './escaped-process.ts'
import { exposedHostPort } from './exposed-host-port.ts'
import { heldHostNamespace } from './held-host-namespace.ts'
import { hostPortConflict } from './host-port-conflict.ts'
import { ineffectiveDeclaration } from './ineffective-declaration.ts'
import { orphanPortMapping } from './orphan-port-mapping.ts'
import { overbroadPortMapping } from './overbroad-port-mapping.ts'
import type { Rule } from './rule.ts'
import { shadowedHostListener } from './shadowed-host-listener.ts'
import { sharedCgroupNamespace } from './shared-cgroup-namespace.ts'
import { sharedHostShm } from './shared-host-shm.ts'
import { sharedIpcNamespace } from './shared-ipc-namespace.ts'
import { sharedMntNamespace } from './shared-mnt-namespace.ts'
import { sharedNetNamespace } from './shared-net-namespace.ts'
import { sharedPidNamespace } from './shared-pid-namespace.ts'
import { sharedUserNamespace } from './shared-user-namespace.ts'
import { sharedUtsNamespace } from './shared-uts-namespace.ts'
import { silentHostPort } from './silent-host-port.ts'
import { unattributedNamespace } from './unattributed-namespace.ts'
import { undeclaredHostListener } from './undeclared-host-listener.ts'
import { undeclaredSharing } from './undeclared-sharing.ts'
import { unmanagedContainer } from './unmanaged-container.ts'
import { unmanagedNatRule } from './unmanaged-nat-rule.ts'
import { visitingProcess } from './visiting-process.ts'

/** Every rule, in the order a report lists them. Adding a rule means adding a line here. */
export const rules: readonly Rule[] = [
  sharedNetNamespace,
  sharedPidNamespace,
  sharedIpcNamespace,
  sharedHostShm,
  sharedMntNamespace,
  sharedUtsNamespace,
  sharedUserNamespace,
  sharedCgroupNamespace,
  undeclaredSharing,
  ineffectiveDeclaration,
  escapedProcess,
  visitingProcess,
  crossPodSharing,
  heldHostNamespace,
  unmanagedContainer,
  unattributedNamespace,
  exposedHostPort,
  undeclaredHostListener,
  silentHostPort,
  hostPortConflict,
  shadowedHostListener,
  orphanPortMapping,
  overbroadPortMapping,
  unmanagedNatRule,
  blindAgent,
]

/** Judges a snapshot by every rule. */
export function evaluate(snapshot: Snapshot, enabled: readonly Rule[] = rules): RuleHit[] {
  return enabled.flatMap((rule) => rule.evaluate(snapshot).map((hit) => ({ rule: rule.id, ...hit })))
}
