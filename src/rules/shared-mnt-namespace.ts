import { ATTACK_ESCAPE } from './references.ts'
import type { Rule } from './rule.ts'
import { sharedWithHost } from './shared.ts'

/**
 * A container whose mnt namespace inode equals the host's has the host's file systems for its own, and what it mounts
 * the host sees, mount_namespaces(7). No runtime does this when asked: a specification without a mount namespace does.
 */
export const sharedMntNamespace: Rule = {
  id: 'shared-mnt-namespace',
  title: 'Container shares the host mount namespace',
  inputs: ['mnt'],
  references: [ATTACK_ESCAPE],
  evaluate: (snapshot) => sharedWithHost('mnt', "runs in the host's mount namespace", snapshot),
}
