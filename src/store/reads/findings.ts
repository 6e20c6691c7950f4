import {
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  type Kysely,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import { type FindingStatus, SEVERITIES } from '../../model/finding.ts'
import type { FindingView, Page } from '../../model/view.ts'
import { isSqlite } from '../dialect.ts'
import { viewOfFinding } from '../finding-row.ts'
import { containsPattern } from '../search.ts'
import type { FindingFilter, PageRequest } from '../store.ts'
import type { FindingsTable, Tables } from '../tables.ts'
import { findNodeId, type NodeName, readNodeNames } from './node-names.ts'
import { decodeCursor, EMPTY_PAGE, rowsFor, toPage } from './page.ts'
import { compareColumns, MOST_EXAMINED, readScans, type Scan, unindexedNumber, unindexedText } from './scan.ts'

const STATUSES: readonly FindingStatus[] = ['open', 'accepted', 'resolved']

type Place = Pick<FindingsTable, 'severity' | 'opened_at' | 'node_id' | 'id'>
type Builder = ExpressionBuilder<Tables, 'findings'>

/** Lists findings, the most severe first, of these the newest episode first. */
export async function listFindings(
  db: Kysely<Tables>,
  filter: FindingFilter,
  page: PageRequest,
): Promise<Page<FindingView>> {
  const after = decodeCursor(page, { columns: 4, integers: 3 })
  const nodeId = await findNodeId(db, filter.node)
  if (nodeId === null) return EMPTY_PAGE
  const statuses = filter.status === undefined ? STATUSES : [filter.status]
  const asked = { filter, nodeId, after: after && placeOf(after) }
  const read = await readScans(
    statuses.map((status) => scanOf(db, status, asked, page)),
    byPlace,
    { rows: rowsFor(page) },
  )
  const nodes = await readNodeNames(db, read.rows)
  return toPage(
    read,
    page,
    (row) => viewOf(row, nodes.get(row.node_id)),
    ({ severity, opened_at, node_id, id }) => [severity, opened_at, node_id, id],
  )
}

interface Asked {
  readonly filter: FindingFilter
  readonly nodeId: number | undefined
  readonly after: Place | null
}

/** Findings of one status: every index has it first or second, before the order of the list. */
function scanOf(
  db: Kysely<Tables>,
  status: FindingStatus,
  asked: Asked,
  page: PageRequest,
): Scan<FindingsTable, Place> {
  const { after, filter } = asked
  const byNode = indexFor(filter, status) === 'node'
  const found = inOrder(db.selectFrom('findings').where('status', '=', status)).where((eb) =>
    eb.and([...foundByIndex(eb, asked, status), ...(after === null ? [] : [compared(eb, byNode, '<', after)])]),
  )
  const isExact = lookedAt(expressionBuilder(), asked, status).length === 0
  const examined = (end: Place | undefined) => {
    const rows = end === undefined ? found : found.where((eb) => compared(eb, byNode, '>=', end))
    if (isExact || isSqlite(db)) return rows
    // Where it has read to this place, PostgreSQL would go on through all findings of a severity.
    return inOrder(db.selectFrom(rows.selectAll().limit(MOST_EXAMINED).as('findings')))
  }
  return {
    isExact,
    placeAt: (offset) =>
      found.select(['severity', 'opened_at', 'node_id', 'id']).limit(1).offset(offset).executeTakeFirst(),
    rowsTo: (end) =>
      examined(end)
        .selectAll()
        .where((eb) => eb.and(lookedAt(eb, asked, status)))
        .limit(rowsFor(page))
        .execute(),
  }
}

function inOrder(query: SelectQueryBuilder<Tables, 'findings', object>) {
  return query.orderBy('severity', 'desc').orderBy('opened_at', 'desc').orderBy('node_id', 'desc').orderBy('id', 'desc')
}

/** What the best index finds: a group is the smallest part, then a node, then a rule. */
function foundByIndex(eb: Builder, { filter, nodeId }: Asked, status: FindingStatus): Expression<SqlBool>[] {
  const { severity } = filter
  const least = severity === undefined ? [] : [eb('severity', '>=', SEVERITIES.indexOf(severity))]
  switch (indexFor(filter, status)) {
    case 'group':
      return [eb('group_key', '=', filter.group ?? ''), eb('resolved_at', 'is', null), ...least]
    case 'node':
      return [eb('node_id', '=', nodeId ?? 0), ...least]
    case 'rule':
      return [eb('rule', '=', filter.rule ?? ''), eb('resolved_at', 'is', null), ...least]
    case 'status':
      return least
  }
}

/** Groups and rules of what is resolved have no index. */
function indexFor({ node, group, rule }: FindingFilter, status: FindingStatus): 'group' | 'node' | 'rule' | 'status' {
  if (group !== undefined && status !== 'resolved') return 'group'
  if (node !== undefined) return 'node'
  return rule !== undefined && status !== 'resolved' ? 'rule' : 'status'
}

/** What must be looked at in each row that the index finds. */
function lookedAt(eb: Builder, { filter, nodeId }: Asked, status: FindingStatus): Expression<SqlBool>[] {
  const { rule, group, search } = filter
  const found = indexFor(filter, status)
  const ofNode = found !== 'node' && nodeId !== undefined
  const ofRule = found !== 'rule' && rule !== undefined
  const ofGroup = found !== 'group' && group !== undefined
  return [
    ...(ofNode ? [eb(unindexedNumber(eb.ref('node_id')), '=', nodeId)] : []),
    ...(ofRule ? [eb(unindexedText(eb.ref('rule')), '=', rule)] : []),
    ...(ofGroup ? [eb(unindexedText(eb.ref('group_key')), '=', group)] : []),
    ...(search === undefined ? [] : [sql<SqlBool>`${eb.ref('search')} like ${containsPattern(search)} escape '\\'`]),
  ]
}

/** The index of one node's findings does not name the node once more in its order. */
function compared(
  eb: Builder,
  byNode: boolean,
  how: '<' | '>=',
  { severity, opened_at, node_id, id }: Place,
): Expression<SqlBool> {
  if (byNode) {
    return eb(eb.refTuple('severity', 'opened_at', 'id'), how, eb.tuple(severity, opened_at, id))
  }
  const columns = eb.refTuple('severity', 'opened_at', 'node_id', 'id')
  return eb(columns, how, eb.tuple(severity, opened_at, node_id, id))
}

function placeOf([severity, openedAt, nodeId, id = '']: readonly string[]): Place {
  return { severity: Number(severity), opened_at: Number(openedAt), node_id: Number(nodeId), id }
}

function byPlace(left: Place, right: Place): number {
  return (
    right.severity - left.severity ||
    right.opened_at - left.opened_at ||
    right.node_id - left.node_id ||
    compareColumns(right.id, left.id)
  )
}

function viewOf(row: FindingsTable, node: NodeName | undefined): FindingView {
  return viewOfFinding(node?.name ?? '', row, node?.last_look_at ?? null)
}
