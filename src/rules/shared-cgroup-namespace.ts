import type { Rule } from './rule.ts'
import { sharedWithHost } from './shared.ts'

/**
 * A container whose cgroup namespace inode equals the host's reads the node's cgroup paths, other containers' ids
 * among them, and sees the whole hierarchy where it is mounted, cgroup_namespaces(7). Judged only on a node with
 * cgroup v2 alone: on v1 and hybrid ones every runtime leaves containers in the host's.
 */
export const sharedCgroupNamespace: Rule = {
  id: 'shared-cgroup-namespace',
  title: 'Container shares the host cgroup namespace',
  inputs: ['cgroup'],
  references: [],
  evaluate: (snapshot) =>
    snapshot.node.cgroups === 'v2' ? sharedWithHost('cgroup', "runs in the host's cgroup namespace", snapshot) : [],
}
