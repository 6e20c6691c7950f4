import { provenPodUid } from './pods.ts'
import type { Rule } from './rule.ts'
import { sharedWithHost } from './shared.ts'

/**
 * A container whose cgroup namespace inode equals the host's reads the node's cgroup paths, other containers' ids
 * among them, and sees the whole hierarchy where it is mounted, cgroup_namespaces(7). Runtimes do this for
 * `--cgroupns=host`. Judged only where it is nobody's normal state: on v1 and hybrid nodes runtimes leave every
 * container in the host's; in a pod nobody can ask for it, and runtimes do it for every privileged container.
 */
export const sharedCgroupNamespace: Rule = {
  id: 'shared-cgroup-namespace',
  title: 'Container shares the host cgroup namespace',
  inputs: ['cgroup'],
  references: [],
  evaluate: ({ node, containers, reach }) =>
    node.cgroups === 'v2'
      ? sharedWithHost('cgroup', "runs in the host's cgroup namespace", {
          reach,
          containers: containers.filter((container) => provenPodUid(container) === undefined),
        })
      : [],
}
