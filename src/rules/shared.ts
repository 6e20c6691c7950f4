import type { Container } from '../model/container.ts'
import type { Hit } from '../model/finding.ts'
import type { NamespaceKind } from '../model/namespace.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { severityOf } from './severity.ts'
import { evidenceOf, subjectOf } from './subject.ts'

/**
 * Lists the containers whose main task is in the host's namespace of this kind, as somebody declared or where nobody
 * can say; without a declaration both reads of the scan must agree, since a starting container looks the same.
 */
export function sharedWithHost(kind: NamespaceKind, meaning: string, { containers }: Snapshot): Hit[] {
  return withoutExplainedSandboxes(containers.filter((container) => isShared(container, kind))).map((container) => ({
    subject: subjectOf(container),
    fact: kind,
    severity: severityOf(kind, container),
    summary: `${container.name} ${meaning}`,
    evidence: evidenceOf(container, container.sharing[kind]),
  }))
}

/**
 * A sandbox is left out where a container of its pod is there: its finding says the same. A pod that only labels claim
 * silences nobody, else a container could pass for the sandbox of another one's pod.
 */
export function withoutExplainedSandboxes(containers: readonly Container[]): Container[] {
  const pods = new Set(containers.flatMap((container) => (container.role === 'sandbox' ? [] : provenPodOf(container))))
  return containers.filter(
    (container) => container.role !== 'sandbox' || !provenPodOf(container).some((uid) => pods.has(uid)),
  )
}

function provenPodOf({ pod }: Container): string[] {
  return pod === undefined || pod.proof === 'claim' ? [] : [pod.uid]
}

function isShared({ sharing }: Container, kind: NamespaceKind): boolean {
  const { main, mainVerdict, declared, sightings } = sharing[kind]
  if (main !== 'host' || mainVerdict === 'undeclared-sharing') return false
  return declared !== 'unknown' || sightings === 2
}
