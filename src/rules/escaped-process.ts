import type { Container } from '../model/container.ts'
import type { Hit } from '../model/finding.ts'
import { NAMESPACE_KINDS, type NamespaceKind } from '../model/namespace.ts'
import type { Reach } from '../model/reach.ts'
import { reachEvidence } from './reach.ts'
import { ATTACK_ESCAPE, PSS_HOST_NAMESPACES } from './references.ts'
import type { Rule } from './rule.ts'
import { raised, severityOf } from './severity.ts'
import { childrenOutside, escapedFrom } from './shared.ts'
import { evidenceOf, subjectOf, whose } from './subject.ts'

/**
 * A task of a container sits in a namespace of the host's that the container's main task is not in: somebody entered
 * it from inside with setns(2), as `nsenter -t 1 -n` does. Or it left the container's cgroup, and with it the limits and
 * the name that the container has there. Both reads of the scan agree on it.
 */
export const escapedProcess: Rule = {
  id: 'escaped-process',
  title: "Process of a container is in a host namespace or left the container's cgroup",
  inputs: NAMESPACE_KINDS,
  references: [PSS_HOST_NAMESPACES, ATTACK_ESCAPE],
  evaluate: ({ containers, reach }) => [
    ...NAMESPACE_KINDS.flatMap((kind) => containers.flatMap((container) => hitsOf(container, kind, reach))),
    ...containers.flatMap(strayHits),
  ],
}

function hitsOf(container: Container, kind: NamespaceKind, hosts: Reach): Hit[] {
  const sharing = container.sharing[kind]
  const escaped = escapedFrom(sharing)
  const forChildren = childrenOutside(container, kind)
  const isThere = escaped.length > 0
  const groups = isThere ? escaped : forChildren
  const [worst] = groups
  if (worst === undefined) return []
  const reach = worst.relation === 'host' ? hosts : {}
  const total = groups.map(({ total: tasks }) => tasks).join(' + ')
  const does = isThere ? 'are' : 'will have their children'
  return [
    {
      subject: subjectOf(container),
      fact: kind,
      severity: worst.relation === 'kernel' ? 'critical' : raised(severityOf(kind, container, reach)),
      summary: `${total} task(s) of ${container.name} ${does} in ${whose(worst.relation)} ${kind} namespace`,
      evidence: {
        how: isThere ? 'namespace' : 'children',
        ...evidenceOf(container, sharing),
        ...(forChildren.length === 0 ? {} : { forChildren }),
        ...reachEvidence(kind, container, reach),
      },
    },
  ]
}

function strayHits(container: Container): Hit[] {
  const { name, strays, privileges, userNs } = container
  if (strays === undefined) return []
  return [
    {
      subject: subjectOf(container),
      fact: 'cgroup-path',
      severity: 'high',
      summary: `${strays.total} task(s) of ${name} left the container's cgroup`,
      evidence: { how: 'cgroup', strays, privileges, rootMapsTo: userNs.rootMapsTo },
    },
  ]
}
