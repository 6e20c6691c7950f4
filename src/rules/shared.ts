import type { ChildNamespace, Container, OtherTasks, Sharing } from '../model/container.ts'
import type { Evidence, Hit } from '../model/finding.ts'
import type { NamespaceKind } from '../model/namespace.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { provenPodUid } from './pods.ts'
import { reachEvidence } from './reach.ts'
import { severityOf } from './severity.ts'
import { evidenceOf, subjectOf } from './subject.ts'

/**
 * Lists the containers whose main task is in the host's namespace of this kind, as somebody declared or where nobody
 * can say; without a declaration both reads of the scan must agree, since a starting container looks the same.
 *
 * @param moreOf what the kind's own rule adds to the evidence
 */
export function sharedWithHost(
  kind: NamespaceKind,
  meaning: string,
  { containers, reach }: Pick<Snapshot, 'containers' | 'reach'>,
  moreOf: (container: Container) => Evidence = () => ({}),
): Hit[] {
  return withoutExplainedSandboxes(containers.filter((container) => isShared(container, kind))).map((container) => ({
    subject: subjectOf(container),
    fact: kind,
    severity: severityOf(kind, container, reach),
    summary: `${container.name} ${meaning}`,
    evidence: {
      ...evidenceOf(container, container.sharing[kind]),
      ...moreOf(container),
      ...reachEvidence(kind, container, reach),
    },
  }))
}

/**
 * A sandbox is left out where a container of its pod is there: its finding says the same. A pod that only labels claim
 * silences nobody, else a container could pass for the sandbox of another one's pod.
 */
export function withoutExplainedSandboxes(containers: readonly Container[]): Container[] {
  const apps = containers.filter(({ role }) => role !== 'sandbox')
  const pods = new Set(apps.flatMap((app) => provenPodUid(app) ?? []))
  // A podman pod has no uid: the runtime that tells of its infra container tells who joins it.
  const sandboxes = new Set(apps.map(({ runtime, sandboxId }) => `${runtime.socket} ${sandboxId}`))
  const isExplained = (sandbox: Container) =>
    pods.has(provenPodUid(sandbox) ?? '') || sandboxes.has(`${sandbox.runtime.socket} ${sandbox.id}`)
  return containers.filter((container) => container.role !== 'sandbox' || !isExplained(container))
}

function isShared({ sharing }: Container, kind: NamespaceKind): boolean {
  const { main, mainVerdict, declared, sightings } = sharing[kind]
  if (main !== 'host' || mainVerdict === 'undeclared-sharing' || escapedFrom(sharing[kind]).length > 0) return false
  return declared !== 'unknown' || sightings === 2
}

/**
 * Lists the tasks that both looks find in a namespace of the host's that the main task is not in, of a nested node's
 * the kernel's too: escaped-process says so, and no other rule of the same container and kind.
 */
export function escapedFrom({ main, others, sightings }: Sharing): OtherTasks[] {
  if (sightings < 2 || main === 'unknown' || main === 'kernel') return []
  return others.filter(({ relation }) => relation === 'kernel' || (relation === 'host' && main !== 'host'))
}

/** Whoever has chosen a namespace of the host's for its next children is as good as there. */
export function childrenOutside({ sharing, forChildren = [] }: Container, kind: NamespaceKind): ChildNamespace[] {
  const { main } = sharing[kind]
  if (main === 'host' || main === 'kernel' || main === 'unknown') return []
  return forChildren.filter(
    (group) => group.kind === kind && (group.relation === 'host' || group.relation === 'kernel'),
  )
}
