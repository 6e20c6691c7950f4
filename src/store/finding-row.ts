import { type Finding, SEVERITIES } from '../model/finding.ts'
import type { FindingView } from '../model/view.ts'
import { lastSeenOf } from './ingest/life.ts'
import { searchable } from './search.ts'
import type { FindingsTable } from './tables.ts'

/** What an agent says of a finding, as columns of its row; the others are the finding's life, which the store keeps. */
export type FindingFacts = Pick<
  FindingsTable,
  'id' | 'rule' | 'severity' | 'status' | 'group_key' | 'stale' | 'value' | 'search'
>

/** Writes a finding as columns. */
export function factsOf(finding: Finding): FindingFacts {
  const { id, rule, severity, status, group, stale, summary, subject } = finding
  return {
    id,
    rule,
    severity: SEVERITIES.indexOf(severity),
    status,
    group_key: group,
    stale: stale ? 1 : 0,
    value: JSON.stringify(finding),
    search: searchable(summary, rule, subject.containerName, subject.containerId, subject.pod),
  }
}

/** Gives a finding as it is shown, on a node that last looked at `lastLookAt`. */
export function viewOfFinding(node: string, row: FindingsTable, lastLookAt: number | null): FindingView {
  const finding: Finding = JSON.parse(row.value)
  return {
    ...finding,
    firstSeenAt: row.first_seen_at,
    openedAt: row.opened_at,
    lastSeenAt: lastSeenOf(row, lastLookAt),
    resolvedAt: row.resolved_at,
    resolution: row.resolution,
    episodes: row.episodes,
    status: row.status,
    node,
  }
}
