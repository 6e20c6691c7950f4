import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import type { StateType } from '../../model/changes.ts'
import type { ContainerView, Page, PortView } from '../../model/view.ts'
import { containsPattern, searchable, sharedPattern } from '../search.ts'
import type { ContainerFilter, PageRequest, PortFilter } from '../store.ts'
import type { Tables } from '../tables.ts'
import { findNodeId, readNodeNames } from './node-names.ts'
import { decodeCursor, EMPTY_PAGE, rowsFor, toPage } from './page.ts'

type Builder = ExpressionBuilder<Tables, 'state'>

/** Lists containers by node, then name. */
export function listContainers(
  db: Kysely<Tables>,
  { node, pod, search, shared }: ContainerFilter,
  page: PageRequest,
): Promise<Page<ContainerView>> {
  const view = (value: string, node: string): ContainerView => ({ ...JSON.parse(value), node })
  return listState(db, { type: 'container', node, view }, page, (eb) => [
    ...(pod === undefined ? [] : [eb('pod', '=', searchable(pod))]),
    ...(shared === undefined ? [] : [eb('shared', 'is not', null), eb('shared', 'like', sharedPattern(shared))]),
    ...(search === undefined ? [] : [sql<SqlBool>`${eb.ref('search')} like ${containsPattern(search)} escape '\\'`]),
  ])
}

/** Lists ports by node, then number. */
export function listPorts(
  db: Kysely<Tables>,
  { node, protocol, port }: PortFilter,
  page: PageRequest,
): Promise<Page<PortView>> {
  const view = (value: string, node: string): PortView => ({ ...JSON.parse(value), node })
  return listState(db, { type: 'port', node, view }, page, (eb) => [
    ...(protocol === undefined ? [] : [eb('protocol', '=', protocol)]),
    ...(port === undefined ? [] : [holdsPort(eb, port)]),
  ])
}

function holdsPort(eb: Builder, port: number): Expression<SqlBool> {
  return eb.or([eb('port', '=', port), eb.and([eb('port_end', '>=', port), eb('port', '<=', port)])])
}

interface StateList<View> {
  readonly type: StateType
  readonly node: string | undefined
  readonly view: (value: string, node: string) => View
}

async function listState<View>(
  db: Kysely<Tables>,
  { type, node, view }: StateList<View>,
  page: PageRequest,
  conditions: (eb: Builder) => Expression<SqlBool>[],
): Promise<Page<View>> {
  const after = decodeCursor(page, { columns: 3, integers: 1 })
  const nodeId = await findNodeId(db, node)
  if (nodeId === null) return EMPTY_PAGE
  const rows = await db
    .selectFrom('state')
    .select(['node_id', 'key', 'sort', 'value'])
    .where('type', '=', type)
    // A row that could not be read has nothing to show; quarantine has it.
    .where('value', 'is not', null)
    .where((eb) => eb.and([...(nodeId === undefined ? [] : [eb('node_id', '=', nodeId)]), ...conditions(eb)]))
    .where((eb) => (after === null ? eb.lit(true) : isAfter(eb, after)))
    .orderBy('node_id')
    .orderBy('sort')
    .orderBy('key')
    .limit(rowsFor(page))
    .$narrowType<{ value: string }>()
    .execute()
  const nodes = await readNodeNames(db, rows)
  return toPage(
    rows,
    page,
    ({ node_id, value }) => view(value, nodes.get(node_id)?.name ?? ''),
    ({ node_id, sort, key }) => [node_id, sort, key],
  )
}

function isAfter(eb: Builder, [nodeId, sort = '', key = '']: readonly string[]): Expression<SqlBool> {
  return eb(eb.refTuple('node_id', 'sort', 'key'), '>', eb.tuple(Number(nodeId), sort, key))
}
