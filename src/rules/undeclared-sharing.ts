import type { Container } from '../model/container.ts'
import type { Hit } from '../model/finding.ts'
import { NAMESPACE_KINDS, type NamespaceKind } from '../model/namespace.ts'
import type { Reach } from '../model/reach.ts'
import { reachEvidence } from './reach.ts'
import { ATTACK_ESCAPE, PSS_HOST_NAMESPACES } from './references.ts'
import type { Rule } from './rule.ts'
import { raised, severityOf } from './severity.ts'
import { childrenOutside, escapedFrom, withoutExplainedSandboxes } from './shared.ts'
import { evidenceOf, subjectOf, whose } from './subject.ts'

/**
 * A container's main task sits in a namespace that its declaration keeps it out of: the host's, the kernel's on a
 * nested node, or another container's. Both reads of the scan agree on it. Where a task of a container that is in another
 * one's reached the host's, escaped-process says the worse of the two.
 */
export const undeclaredSharing: Rule = {
  id: 'undeclared-sharing',
  title: 'Container is in a namespace that it did not declare',
  inputs: NAMESPACE_KINDS,
  references: [PSS_HOST_NAMESPACES, ATTACK_ESCAPE],
  evaluate: ({ containers, reach }) =>
    NAMESPACE_KINDS.flatMap((kind) =>
      withoutExplainedSandboxes(containers.filter((container) => isUndeclared(container, kind))).map((container) =>
        hit(container, kind, reach),
      ),
    ),
}

function isUndeclared(container: Container, kind: NamespaceKind): boolean {
  const { mainVerdict, sightings } = container.sharing[kind]
  if (mainVerdict !== 'undeclared-sharing' || sightings < 2) return false
  return escapedFrom(container.sharing[kind]).length === 0 && childrenOutside(container, kind).length === 0
}

function hit(container: Container, kind: NamespaceKind, hosts: Reach): Hit {
  const { main, declared } = container.sharing[kind]
  const reach = main === 'host' ? hosts : {}
  const { origin } = container
  return {
    subject: subjectOf(container),
    fact: kind,
    severity: main === 'kernel' ? 'critical' : raised(severityOf(kind, container, reach)),
    summary: `${container.name} is in ${whose(main)} ${kind} namespace but was declared ${declared}`,
    evidence: {
      ...evidenceOf(container, container.sharing[kind]),
      ...(origin === undefined ? {} : { origin }),
      ...reachEvidence(kind, container, reach),
    },
  }
}
