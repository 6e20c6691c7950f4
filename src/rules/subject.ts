import type { Container, Relation, Sharing } from '../model/container.ts'
import type { Evidence, Subject } from '../model/finding.ts'

/** Names a container as the subject of a hit; a pod that only a label claims is not named. */
export function subjectOf({ id, name, pod }: Container): Subject {
  return {
    type: 'container',
    containerId: id,
    containerName: name,
    ...(pod === undefined || pod.proof === 'claim' ? {} : { pod: `${pod.namespace}/${pod.name}` }),
  }
}

/** The proof of a verdict on one kind: both inodes, who declared what, and what the main task may do. */
export function evidenceOf({ privileges, userNs }: Container, sharing: Sharing): Evidence {
  const { inode, hostInode, declared, declaredBy, observed, others, sightings } = sharing
  return {
    declared,
    declaredBy,
    observed,
    inode,
    hostInode,
    sightings,
    ...(others.length === 0 ? {} : { others }),
    privileges,
    rootMapsTo: userNs.rootMapsTo,
  }
}

/** Says in words whose a namespace is. */
export function whose(relation: Relation): string {
  if (relation === 'host') return "the host's"
  if (relation === 'kernel') return "the kernel's initial"
  if (relation === 'sandbox') return "its pod's"
  return relation === 'own' ? 'its own' : `${relation}'s`
}
