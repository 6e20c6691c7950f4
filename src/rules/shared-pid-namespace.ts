import { ATTACK_ESCAPE, cisDocker, PSS_HOST_NAMESPACES } from './references.ts'
import type { Rule } from './rule.ts'
import { sharedWithHost } from './shared.ts'

/**
 * A container whose pid namespace inode equals the host's sees every process of the node, its command line too, and
 * with CAP_SYS_PTRACE can enter them. Runtimes do this for `--pid=host` and `hostPID: true`.
 */
export const sharedPidNamespace: Rule = {
  id: 'shared-pid-namespace',
  title: 'Container shares the host PID namespace',
  inputs: ['pid'],
  references: [PSS_HOST_NAMESPACES, ATTACK_ESCAPE, cisDocker('5.15')],
  evaluate: (snapshot) => sharedWithHost('pid', "runs in the host's PID namespace", snapshot),
}
