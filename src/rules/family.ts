import type { Container } from '../model/container.ts'
import { provenPodUid } from './pods.ts'

/** What a container is part of. */
export interface Family {
  /** Equal for the containers of one pod (podman's too) and for those that run inside of them, and stable while these live. */
  readonly key: string
  /** `unknown` where it runs inside a container that is not in the snapshot. */
  readonly owner: 'pod' | 'nobody' | 'unknown'
}

/** Makes the finder of what a container is part of: its pod, or itself, or the outermost container around it. */
export function familyOf(containers: readonly Container[]): (container: Container) => Family {
  const byId = new Map(containers.map((container) => [container.id, container]))
  return (container) => {
    const seen = new Set<string>()
    let outermost = container
    while (provenPodUid(outermost) === undefined && outermost.parent !== undefined && !seen.has(outermost.id)) {
      seen.add(outermost.id)
      const around = byId.get(outermost.parent)
      if (around === undefined) return { key: `container/${outermost.parent}`, owner: 'unknown' }
      outermost = around
    }
    const uid = provenPodUid(outermost)
    if (uid !== undefined) return { key: `pod/${uid}`, owner: 'pod' }
    return { key: `container/${outermost.sandboxId ?? outermost.id}`, owner: 'nobody' }
  }
}
