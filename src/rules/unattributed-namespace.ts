import type { Hit } from '../model/finding.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { ATTRIBUTED_KINDS, type UnattributedNamespace } from '../model/unattributed.ts'
import { ATTACK_HIDE } from './references.ts'
import type { Rule } from './rule.ts'

/**
 * A namespace is neither the host's nor any container's: some process made it, or a mount of the node's keeps it alive
 * without one. Browsers' sandboxes and VPNs do; so does whoever hides from tools that look at containers.
 */
export const unattributedNamespace: Rule = {
  id: 'unattributed-namespace',
  title: 'Namespace that no container explains',
  inputs: ATTRIBUTED_KINDS,
  references: [ATTACK_HIDE],
  evaluate: ({ namespaces, node }) => namespaces.map((namespace) => hit(namespace, node)),
}

function hit(namespace: UnattributedNamespace, { bootId }: Snapshot['node']): Hit {
  const { kind, inode, pin, process, also, unprivileged } = namespace
  const isMinor = process === null || unprivileged || kind === 'mnt'
  const of = process === null ? `kept alive at ${pin}` : `of pid ${process.pid}`
  return {
    subject: { type: 'namespace' },
    fact: `${kind}/${pin ?? `${bootId}/${inode}`}`,
    severity: isMinor ? 'info' : 'low',
    summary: `the ${kind} namespace ${of} belongs to no container`,
    evidence: {
      inode,
      ...(pin === null ? {} : { pin }),
      ...(also.length === 0 ? {} : { also }),
      unprivileged,
      ...(process === null ? {} : { tasks: [process] }),
    },
  }
}
