import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import { SEVERITIES } from '../../model/finding.ts'
import type { FindingView, Page } from '../../model/view.ts'
import { decodeFinding, viewOfFinding } from '../finding-row.ts'
import { containsPattern } from '../search.ts'
import type { FindingFilter, PageRequest } from '../store.ts'
import type { FindingsTable, Tables } from '../tables.ts'
import { findNodeId, type NodeName, readNodeNames } from './node-names.ts'
import { decodeCursor, EMPTY_PAGE, rowsFor, toPage } from './page.ts'

/** Lists findings, the most severe first, of these the newest episode first. */
export async function listFindings(
  db: Kysely<Tables>,
  filter: FindingFilter,
  page: PageRequest,
): Promise<Page<FindingView>> {
  const after = decodeCursor(page, { columns: 4, integers: 3 })
  const nodeId = await findNodeId(db, filter.node)
  if (nodeId === null) return EMPTY_PAGE
  const rows = await db
    .selectFrom('findings')
    .selectAll()
    .where((eb) => eb.and([...conditionsOf(eb, filter, nodeId), ...(after === null ? [] : [isAfter(eb, after)])]))
    .orderBy('severity', 'desc')
    .orderBy('opened_at', 'desc')
    .orderBy('node_id', 'desc')
    .orderBy('id', 'desc')
    .limit(rowsFor(page))
    .execute()
  const nodes = await readNodeNames(db, rows)
  return toPage(
    rows,
    page,
    (row) => viewOf(row, nodes.get(row.node_id)),
    ({ severity, opened_at, node_id, id }) => [severity, opened_at, node_id, id],
  )
}

type Builder = ExpressionBuilder<Tables, 'findings'>

function conditionsOf(eb: Builder, filter: FindingFilter, nodeId: number | undefined): Expression<SqlBool>[] {
  const { rule, severity, status, group, search } = filter
  return [
    ...(nodeId === undefined ? [] : [eb('node_id', '=', nodeId)]),
    ...(rule === undefined ? [] : [eb('rule', '=', rule)]),
    ...(severity === undefined ? [] : [eb('severity', '>=', SEVERITIES.indexOf(severity))]),
    ...(status === undefined ? [] : [eb('status', '=', status)]),
    ...(group === undefined ? [] : [eb('group_key', '=', group)]),
    ...(search === undefined ? [] : [sql<SqlBool>`${eb.ref('search')} like ${containsPattern(search)} escape '\\'`]),
  ]
}

function isAfter(eb: Builder, [severity, openedAt, nodeId, id = '']: readonly string[]): Expression<SqlBool> {
  const columns = eb.refTuple('severity', 'opened_at', 'node_id', 'id')
  return eb(columns, '<', eb.tuple(Number(severity), Number(openedAt), Number(nodeId), id))
}

function viewOf(row: FindingsTable, node: NodeName | undefined): FindingView {
  return viewOfFinding(node?.name ?? '', decodeFinding(row), node?.last_look_at ?? null)
}
