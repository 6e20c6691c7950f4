import type { Resolution } from '../../model/view.ts'
import type { FindingFacts } from '../finding-row.ts'
import type { FindingsTable } from '../tables.ts'

/** Gives the row after the agent tells of a finding: its first, one that goes on, or one that comes back. */
export function rowAfterPut(
  row: FindingsTable | undefined,
  nodeId: number,
  facts: FindingFacts,
  at: number,
): FindingsTable {
  const begun = { opened_at: at, last_seen_at: at, resolved_at: null, resolution: null }
  if (row === undefined) return { node_id: nodeId, ...facts, first_seen_at: at, ...begun, episodes: 1 }
  if (row.resolved_at !== null) return { ...row, ...facts, ...begun, episodes: row.episodes + 1 }
  // A finding that has become stale was not seen this time.
  const last_seen_at = facts.stale === 1 ? row.last_seen_at : Math.max(row.last_seen_at, at)
  return { ...row, ...facts, last_seen_at }
}

/** Gives the row after a finding is gone from the state; one that was resolved before stays as it is. */
export function rowAfterDelete(
  row: FindingsTable,
  resolution: Resolution,
  at: number,
  lastLookAt: number | null,
): FindingsTable {
  if (row.resolved_at !== null) return row
  const last_seen_at = Math.min(lastSeenOf(row, lastLookAt), Math.max(at, row.last_seen_at))
  return { ...row, status: 'resolved', last_seen_at, resolved_at: at, resolution }
}

/** Every look that leaves a live finding in the state has seen it again, except where a gap kept it from telling. */
export function lastSeenOf(
  { stale, last_seen_at, resolved_at }: Pick<FindingsTable, 'stale' | 'last_seen_at' | 'resolved_at'>,
  lastLookAt: number | null,
): number {
  return resolved_at !== null || stale === 1 ? last_seen_at : Math.max(last_seen_at, lastLookAt ?? 0)
}

/** Reads why the agent deleted a finding; any other cause says nothing about the fact itself. */
export function resolutionOf(cause: string | undefined): Resolution {
  return cause === 'fixed' || cause === 'gone' ? cause : 'resync'
}
