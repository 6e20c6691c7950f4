import type { Kysely } from 'kysely'
import type { NodeState } from '../../model/changes.ts'
import { SEVERITIES, type Severity } from '../../model/finding.ts'
import type { Gap } from '../../model/gap.ts'
import type { Tables } from '../tables.ts'
import { readHistorySince } from './history-since.ts'
import { compareColumns } from './scan.ts'

/** What the other tables say of one node. */
export interface NodeDetails {
  /** Undefined before the agent's first scan, and where its version tells it in a way that cannot be read. */
  readonly state: NodeState | undefined
  readonly gaps: readonly Gap[]
  readonly historySince: number | null
  readonly containers: number
  readonly openFindings: Readonly<Record<Severity, number>>
}

const NOTHING: NodeDetails = {
  state: undefined,
  gaps: [],
  historySince: null,
  containers: 0,
  openFindings: countsOf([]),
}

/** Reads the details of some nodes, in as many queries for a hundred as for one. */
export async function readNodeDetails(
  db: Kysely<Tables>,
  nodeIds: readonly number[],
): Promise<(nodeId: number) => NodeDetails> {
  if (nodeIds.length === 0) return () => NOTHING
  const [stateRows, containerCounts, historySince, findingCounts] = await Promise.all([
    readRows(db, nodeIds),
    countContainers(db, nodeIds),
    readHistorySince(db, nodeIds),
    countFindings(db, nodeIds),
  ])
  const rows = Map.groupBy(stateRows, ({ node_id }) => node_id)
  const containers = new Map(containerCounts.map(({ node_id, count }) => [node_id, count]))
  const findings = Map.groupBy(findingCounts, ({ node_id }) => node_id)
  return (nodeId) => {
    const own = (rows.get(nodeId) ?? []).toSorted((left, right) => compareColumns(left.key, right.key))
    return {
      state: own.filter(({ type }) => type === 'node').map(({ value }): NodeState => JSON.parse(value))[0],
      gaps: own.filter(({ type }) => type === 'gap').map(({ value }): Gap => JSON.parse(value)),
      historySince: historySince(nodeId),
      containers: containers.get(nodeId) ?? 0,
      openFindings: countsOf(findings.get(nodeId) ?? []),
    }
  }
}

function readRows(db: Kysely<Tables>, nodeIds: readonly number[]) {
  return db
    .selectFrom('state')
    .select(['node_id', 'type', 'key', 'value'])
    .where('type', 'in', ['node', 'gap'])
    .where('node_id', 'in', nodeIds)
    .where('value', 'is not', null)
    .$narrowType<{ value: string }>()
    .execute()
}

function countContainers(db: Kysely<Tables>, nodeIds: readonly number[]) {
  return db
    .selectFrom('state')
    .select(({ fn }) => ['node_id', fn.countAll<number>().as('count')])
    .where('type', '=', 'container')
    .where('node_id', 'in', nodeIds)
    .groupBy('node_id')
    .execute()
}

function countFindings(db: Kysely<Tables>, nodeIds: readonly number[]) {
  return db
    .selectFrom('findings')
    .select(({ fn }) => ['node_id', 'severity', fn.countAll<number>().as('count')])
    .where('status', '=', 'open')
    .where('node_id', 'in', nodeIds)
    .groupBy(['node_id', 'severity'])
    .execute()
}

function countsOf(rows: readonly { readonly severity: number; readonly count: number }[]): Record<Severity, number> {
  const count = (severity: Severity) => rows.find((row) => SEVERITIES[row.severity] === severity)?.count ?? 0
  return {
    info: count('info'),
    low: count('low'),
    medium: count('medium'),
    high: count('high'),
    critical: count('critical'),
  }
}
