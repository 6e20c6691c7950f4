import type { Container } from '../model/container.ts'

/** The uid of a container's pod where CRI or the kubelet's own cgroup path says so, and not only a label. */
export function provenPodUid({ pod, podUid }: Pick<Container, 'pod' | 'podUid'>): string | undefined {
  return pod === undefined || pod.proof === 'claim' ? podUid : pod.uid
}
