import type { Container } from '../model/container.ts'
import type { Hit } from '../model/finding.ts'
import { NAMESPACE_KINDS, type NamespaceKind } from '../model/namespace.ts'
import type { Rule } from './rule.ts'
import { withoutExplainedSandboxes } from './shared.ts'
import { evidenceOf, subjectOf, whose } from './subject.ts'

/**
 * A container asked for a namespace of the host's, of its pod's, of another container or at a path, and is not in it: what was
 * declared is more than what is. Harmless as such, and a sign that somebody's picture of the node is wrong.
 */
export const ineffectiveDeclaration: Rule = {
  id: 'ineffective-declaration',
  title: 'Container is not in the namespace that it declared',
  inputs: NAMESPACE_KINDS,
  references: [],
  evaluate: ({ containers }) =>
    NAMESPACE_KINDS.flatMap((kind) =>
      withoutExplainedSandboxes(containers.filter(({ sharing }) => isIneffective(sharing[kind]))).map((container) =>
        hit(container, kind),
      ),
    ),
}

function isIneffective({ mainVerdict, sightings }: Container['sharing'][NamespaceKind]): boolean {
  return mainVerdict === 'ineffective-declaration' && sightings === 2
}

function hit(container: Container, kind: NamespaceKind): Hit {
  const { declared, main } = container.sharing[kind]
  return {
    subject: subjectOf(container),
    fact: kind,
    severity: 'info',
    summary: `${container.name} was declared ${declared} for its ${kind} namespace but is in ${whose(main)}`,
    evidence: evidenceOf(container, container.sharing[kind]),
  }
}
