import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import type { StateType } from '../../model/changes.ts'
import type { ContainerView, Page, PortView } from '../../model/view.ts'
import { containsPattern, searchable, sharedPattern } from '../search.ts'
import type { ContainerFilter, PageRequest, PortFilter } from '../store.ts'
import type { StateTable, Tables } from '../tables.ts'
import { findNodeId, readNodeNames } from './node-names.ts'
import { decodeCursor, EMPTY_PAGE, rowsFor, toPage } from './page.ts'

type Builder = ExpressionBuilder<Tables, 'state'>
type Conditions = (eb: Builder) => Expression<SqlBool>[]

/** Lists containers by node, then name. */
export function listContainers(
  db: Kysely<Tables>,
  { node, pod, search, shared }: ContainerFilter,
  page: PageRequest,
): Promise<Page<ContainerView>> {
  const view = (value: string, node: string): ContainerView => ({ ...JSON.parse(value), node })
  const conditions: Conditions = (eb) => [
    ...(pod === undefined ? [] : [eb('pod', '=', searchable(pod))]),
    ...(shared === undefined ? [] : [eb('shared', 'is not', null), eb('shared', 'like', sharedPattern(shared))]),
    ...(search === undefined ? [] : [sql<SqlBool>`${eb.ref('search')} like ${containsPattern(search)} escape '\\'`]),
  ]
  return listState(db, { type: 'container', node, view, either: [conditions] }, page)
}

/** Lists ports by node, then number. */
export function listPorts(
  db: Kysely<Tables>,
  { node, protocol, port }: PortFilter,
  page: PageRequest,
): Promise<Page<PortView>> {
  const view = (value: string, node: string): PortView => ({ ...JSON.parse(value), node })
  const speaks = (eb: Builder) => (protocol === undefined ? [] : [eb('protocol', '=', protocol)])
  // Two queries with an index each: a database would not find its way through one `or`.
  const isPort: Conditions = (eb) => [...speaks(eb), ...(port === undefined ? [] : [eb('port', '=', port)])]
  const hasPort: Conditions = (eb) => [...speaks(eb), eb('port', '<', port ?? 0), eb('port_end', '>=', port ?? 0)]
  return listState(db, { type: 'port', node, view, either: port === undefined ? [isPort] : [isPort, hasPort] }, page)
}

type Place = Pick<StateTable, 'node_id' | 'sort' | 'key'>

interface StateList<View> {
  readonly type: StateType
  readonly node: string | undefined
  readonly view: (value: string, node: string) => View
  /** A row belongs to the list when it meets all conditions of one of these; no row may meet two. */
  readonly either: readonly Conditions[]
}

async function listState<View>(
  db: Kysely<Tables>,
  { type, node, view, either }: StateList<View>,
  page: PageRequest,
): Promise<Page<View>> {
  const after = decodeCursor(page, { columns: 3, integers: 1 })
  const nodeId = await findNodeId(db, node)
  if (nodeId === null) return EMPTY_PAGE
  const place: Conditions = (eb) => [
    ...(nodeId === undefined ? [] : [eb('node_id', '=', nodeId)]),
    ...(after === null ? [] : [isAfter(eb, after)]),
  ]
  const found = await Promise.all(either.map((conditions) => selectRows(db, type, page, [place, conditions])))
  const rows = found.length === 1 ? found.flat() : found.flat().sort(byPlace)
  const nodes = await readNodeNames(db, rows)
  return toPage(
    rows,
    page,
    ({ node_id, value }) => view(value, nodes.get(node_id)?.name ?? ''),
    ({ node_id, sort, key }) => [node_id, sort, key],
  )
}

function selectRows(db: Kysely<Tables>, type: StateType, page: PageRequest, conditions: readonly Conditions[]) {
  return (
    db
      .selectFrom('state')
      .select(['node_id', 'key', 'sort', 'value'])
      .where('type', '=', type)
      // A row that could not be read has nothing to show; quarantine has it.
      .where('value', 'is not', null)
      .where((eb) => eb.and(conditions.flatMap((given) => given(eb))))
      .orderBy('node_id')
      .orderBy('sort')
      .orderBy('key')
      .limit(rowsFor(page))
      .$narrowType<{ value: string }>()
      .execute()
  )
}

function isAfter(eb: Builder, [nodeId, sort = '', key = '']: readonly string[]): Expression<SqlBool> {
  return eb(eb.refTuple('node_id', 'sort', 'key'), '>', eb.tuple(Number(nodeId), sort, key))
}

function byPlace(left: Place, right: Place): number {
  return left.node_id - right.node_id || compare(left.sort, right.sort) || compare(left.key, right.key)
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
