import type { Finding } from '../../model/finding.ts'
import type { Resolution } from '../../model/view.ts'

/** A finding and its life; all times by the collector's clock. */
export interface FindingLife {
  readonly finding: Finding
  readonly firstSeenAt: number
  /** The start of the present episode. */
  readonly openedAt: number
  /** When it was last seen while it held; a later look of the agent moves it on, see {@link lastSeenOf}. */
  readonly lastSeenAt: number
  readonly resolvedAt: number | null
  readonly resolution: Resolution | null
  readonly episodes: number
}

/** Gives the life after the agent tells of a finding: its first, one that goes on, or one that comes back. */
export function lifeAfterPut(life: FindingLife | undefined, finding: Finding, at: number): FindingLife {
  if (life === undefined) {
    return { finding, firstSeenAt: at, openedAt: at, lastSeenAt: at, resolvedAt: null, resolution: null, episodes: 1 }
  }
  if (life.resolvedAt !== null) {
    const { firstSeenAt, episodes } = life
    return {
      finding,
      firstSeenAt,
      openedAt: at,
      lastSeenAt: at,
      resolvedAt: null,
      resolution: null,
      episodes: episodes + 1,
    }
  }
  // A finding that has become stale was not seen this time.
  return finding.stale ? { ...life, finding } : { ...life, finding, lastSeenAt: Math.max(life.lastSeenAt, at) }
}

/** Gives the life after a finding is gone from the state; one that was resolved before stays as it is. */
export function lifeAfterDelete(
  life: FindingLife,
  resolution: Resolution,
  at: number,
  lastLookAt: number | null,
): FindingLife {
  if (life.resolvedAt !== null) return life
  const lastSeenAt = Math.min(lastSeenOf(life, lastLookAt), Math.max(at, life.lastSeenAt))
  return { ...life, lastSeenAt, resolvedAt: at, resolution }
}

/** Every look that leaves a live finding in the state has seen it again, except where a gap kept it from telling. */
export function lastSeenOf({ finding, lastSeenAt, resolvedAt }: FindingLife, lastLookAt: number | null): number {
  return resolvedAt !== null || finding.stale ? lastSeenAt : Math.max(lastSeenAt, lastLookAt ?? 0)
}

/** Reads why the agent deleted a finding; any other cause says nothing about the fact itself. */
export function resolutionOf(cause: string | undefined): Resolution {
  return cause === 'fixed' || cause === 'gone' ? cause : 'resync'
}
