import type { Container, HeldNamespace } from '../model/container.ts'
import type { Hit } from '../model/finding.ts'
import { NAMESPACE_KINDS } from '../model/namespace.ts'
import { hasAny } from './capabilities.ts'
import { ATTACK_ESCAPE, PSS_HOST_NAMESPACES } from './references.ts'
import type { Rule } from './rule.ts'
import { severityOf } from './severity.ts'
import { subjectOf, whose } from './subject.ts'

/**
 * A container's process keeps a namespace of the host's open, by a file descriptor or a mount, without being in it:
 * setns(2) is all that is missing. Both reads of the scan agree on it.
 */
export const heldHostNamespace: Rule = {
  id: 'held-host-namespace',
  title: 'Container keeps a host namespace open that it is not in',
  inputs: NAMESPACE_KINDS,
  references: [PSS_HOST_NAMESPACES, ATTACK_ESCAPE],
  evaluate: ({ containers }) =>
    containers.flatMap((container) => (container.held ?? []).map((held) => hit(container, held))),
}

function hit(container: Container, held: HeldNamespace): Hit {
  const { privileges, userNs } = container
  const { kind, relation, mountPoints, tasks, total } = held
  const by = [
    ...(total > 0 ? [`${total} process(es)`] : []),
    ...(mountPoints.length > 0 ? [`${mountPoints.length} mount(s)`] : []),
  ].join(' and ')
  const { inode } = held
  return {
    subject: subjectOf(container),
    fact: kind,
    severity: severityOfHeld(container, held),
    summary: `${by} of ${container.name} keep ${whose(relation)} ${kind} namespace open`,
    evidence: { inode, mountPoints, tasks, total, privileges, rootMapsTo: userNs.rootMapsTo },
  }
}

/** Entering takes CAP_SYS_ADMIN, setns(2): with it, what is held is as good as shared. */
function severityOfHeld(container: Container, { kind, relation }: HeldNamespace): Hit['severity'] {
  const { privileges } = container
  if (privileges !== null && !hasAny(privileges.effectiveCapabilities, 'SYS_ADMIN')) return 'low'
  return relation === 'kernel' ? 'critical' : severityOf(kind, container)
}
