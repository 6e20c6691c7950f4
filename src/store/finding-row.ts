import { type Finding, SEVERITIES } from '../model/finding.ts'
import type { FindingView } from '../model/view.ts'
import { type FindingLife, lastSeenOf } from './ingest/life.ts'
import { searchable } from './search.ts'
import type { FindingsTable } from './tables.ts'

/** Writes a finding and its life as a row. */
export function encodeFinding(nodeId: number, life: FindingLife): FindingsTable {
  const { finding, firstSeenAt, openedAt, lastSeenAt, resolvedAt, resolution, episodes } = life
  const { id, rule, severity, group, stale, summary, subject } = finding
  return {
    node_id: nodeId,
    id,
    rule,
    severity: SEVERITIES.indexOf(severity),
    status: statusOf(life),
    group_key: group,
    stale: stale ? 1 : 0,
    value: JSON.stringify(finding),
    first_seen_at: firstSeenAt,
    opened_at: openedAt,
    last_seen_at: lastSeenAt,
    resolved_at: resolvedAt,
    resolution,
    episodes,
    search: searchable(summary, rule, subject.containerName, subject.containerId, subject.pod),
  }
}

/** Reads a finding and its life from its row. */
export function decodeFinding(row: FindingsTable): FindingLife {
  const finding: Finding = JSON.parse(row.value)
  return {
    finding,
    firstSeenAt: row.first_seen_at,
    openedAt: row.opened_at,
    lastSeenAt: row.last_seen_at,
    resolvedAt: row.resolved_at,
    resolution: row.resolution,
    episodes: row.episodes,
  }
}

/** Gives a finding as it is shown, on a node that last looked at `lastLookAt`. */
export function viewOfFinding(node: string, life: FindingLife, lastLookAt: number | null): FindingView {
  const { finding, ...times } = life
  return { ...finding, ...times, status: statusOf(life), lastSeenAt: lastSeenOf(life, lastLookAt), node }
}

function statusOf({ finding, resolvedAt }: FindingLife): Finding['status'] {
  return resolvedAt === null ? finding.status : 'resolved'
}
