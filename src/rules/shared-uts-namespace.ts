import type { Container } from '../model/container.ts'
import { provenPodUid } from './pods.ts'
import { cisDocker } from './references.ts'
import type { Rule } from './rule.ts'
import { sharedWithHost } from './shared.ts'

/**
 * A container whose uts namespace inode equals the host's has the host's name and, with CAP_SYS_ADMIN, may change it,
 * uts_namespaces(7). Runtimes do this for `--uts=host`. In a pod uts follows hostNetwork and nobody can ask for it
 * alone: there shared-net-namespace says it.
 */
export const sharedUtsNamespace: Rule = {
  id: 'shared-uts-namespace',
  title: 'Container shares the host UTS namespace',
  inputs: ['uts'],
  references: [cisDocker('5.20')],
  evaluate: ({ containers, reach }) =>
    sharedWithHost('uts', "runs in the host's UTS namespace", {
      reach,
      containers: containers.filter((container) => !followsNetwork(container)),
    }),
}

function followsNetwork(container: Container): boolean {
  return provenPodUid(container) !== undefined && container.sharing.net.main === 'host'
}
