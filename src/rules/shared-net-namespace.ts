import { ATTACK_ESCAPE, cisDocker, PSS_HOST_NAMESPACES } from './references.ts'
import type { Rule } from './rule.ts'
import { sharedWithHost } from './shared.ts'

/**
 * A container whose net namespace inode equals the host's sees every host interface, reaches services on the host's
 * loopback and can bind any host port. Runtimes do this for `--network=host` and `hostNetwork: true`.
 */
export const sharedNetNamespace: Rule = {
  id: 'shared-net-namespace',
  title: 'Container shares the host network namespace',
  inputs: ['net'],
  references: [PSS_HOST_NAMESPACES, ATTACK_ESCAPE, cisDocker('5.9')],
  evaluate: (snapshot) =>
    sharedWithHost('net', "runs in the host's network namespace", snapshot, ({ sharing: { uts } }) =>
      // In a pod uts follows hostNetwork, and is no finding of its own.
      uts.main === 'host' ? { uts: 'host' } : {},
    ),
}
