import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import type { StateType } from '../../model/changes.ts'
import type { ContainerView, Page, PortView } from '../../model/view.ts'
import { containsPattern, searchable, sharedPattern } from '../search.ts'
import type { ContainerFilter, PageRequest, PortFilter } from '../store.ts'
import type { StateTable, Tables } from '../tables.ts'
import { findNodeId, readNodeNames } from './node-names.ts'
import { decodeCursor, EMPTY_PAGE, rowsFor, toPage } from './page.ts'
import { compareColumns, readScans, type Scan, unindexedNumber } from './scan.ts'

/** A row of a container is several times larger than a finding's. */
const MOST_EXAMINED_ROWS = 2000

type Builder = ExpressionBuilder<Tables, 'state'>
type Conditions = (eb: Builder) => Expression<SqlBool>[]

/** Lists containers by node, then name. */
export function listContainers(
  db: Kysely<Tables>,
  { node, pod, search, shared }: ContainerFilter,
  page: PageRequest,
): Promise<Page<ContainerView>> {
  const view = (value: string, node: string): ContainerView => ({ ...JSON.parse(value), node })
  const way: Way = {
    found: (eb) => [
      ...(pod === undefined ? [] : [eb('pod', '=', searchable(pod))]),
      ...(shared === undefined || pod !== undefined ? [] : [eb('shared', 'is not', null)]),
    ],
    lookedAt: (eb) => [
      ...(shared === undefined ? [] : [eb('shared', 'like', sharedPattern(shared))]),
      ...(search === undefined ? [] : [sql<SqlBool>`${eb.ref('search')} like ${containsPattern(search)} escape '\\'`]),
    ],
  }
  return listState(db, { type: 'container', node, view, ways: [way] }, page)
}

/** Lists ports by node, then number. */
export function listPorts(
  db: Kysely<Tables>,
  { node, protocol, port }: PortFilter,
  page: PageRequest,
): Promise<Page<PortView>> {
  const view = (value: string, node: string): PortView => ({ ...JSON.parse(value), node })
  const speaks: Conditions = (eb) => (protocol === undefined ? [] : [eb('protocol', '=', protocol)])
  // Two ways with an index each: a database would not find its way through one `or`.
  const isPort: Way = { found: (eb) => (port === undefined ? [] : [eb('port', '=', port)]), lookedAt: speaks }
  const hasPort: Way = {
    found: (eb) => [eb('port_end', 'is not', null)],
    lookedAt: (eb) => [
      ...speaks(eb),
      eb(unindexedNumber(eb.ref('port')), '<', port ?? 0),
      eb('port_end', '>=', port ?? 0),
    ],
  }
  return listState(db, { type: 'port', node, view, ways: port === undefined ? [isPort] : [isPort, hasPort] }, page)
}

type Place = Pick<StateTable, 'node_id' | 'sort' | 'key'>
type Row = Place & Pick<StateTable, 'value'>

/** One way to the rows of a list; no row may be found by two. */
interface Way {
  /** What an index finds. */
  readonly found: Conditions
  /** What must be looked at in each row. */
  readonly lookedAt: Conditions
}

interface StateList<View> {
  readonly type: StateType
  readonly node: string | undefined
  readonly view: (value: string, node: string) => View
  readonly ways: readonly Way[]
}

async function listState<View>(
  db: Kysely<Tables>,
  { type, node, view, ways }: StateList<View>,
  page: PageRequest,
): Promise<Page<View>> {
  const after = decodeCursor(page, { columns: 3, integers: 1 })
  const nodeId = await findNodeId(db, node)
  if (nodeId === null) return EMPTY_PAGE
  const from = after && placeOf(after)
  const read = await readScans(
    ways.map((way) => scanOf(db, { type, nodeId, from, way }, page)),
    byPlace,
    { rows: rowsFor(page), mostExamined: MOST_EXAMINED_ROWS },
  )
  const nodes = await readNodeNames(db, read.rows)
  return toPage(
    read,
    page,
    ({ node_id, value }) => view(value ?? '', nodes.get(node_id)?.name ?? ''),
    ({ node_id, sort, key }) => [node_id, sort, key],
  )
}

interface Asked {
  readonly type: StateType
  readonly nodeId: number | undefined
  readonly from: Place | null
  readonly way: Way
}

function scanOf(db: Kysely<Tables>, { type, nodeId, from, way }: Asked, page: PageRequest): Scan<Row, Place> {
  const select = (given: Conditions) =>
    db
      .selectFrom('state')
      .where('type', '=', type)
      .where((eb) => eb.and([...way.found(eb), ...(from === null ? [] : [compared(eb, '>', from)]), ...given(eb)]))
      .$if(nodeId !== undefined, (query) => query.where('node_id', '=', nodeId ?? 0))
      .orderBy('node_id')
      .orderBy('sort')
      .orderBy('key')
  const to = (end: Place | undefined): Conditions => {
    return (eb) => [...way.lookedAt(eb), ...(end === undefined ? [] : [compared(eb, '<=', end)])]
  }
  return {
    // A row that could not be read has nothing to show; quarantine has it.
    isExact: false,
    placeAt: (offset) =>
      select(() => [])
        .select(['node_id', 'sort', 'key'])
        .limit(1)
        .offset(offset)
        .executeTakeFirst(),
    rowsTo: (end) =>
      select(to(end))
        .select(['node_id', 'sort', 'key', 'value'])
        .where('value', 'is not', null)
        .limit(rowsFor(page))
        .execute(),
  }
}

function compared(eb: Builder, how: '>' | '<=', { node_id, sort, key }: Place): Expression<SqlBool> {
  return eb(eb.refTuple('node_id', 'sort', 'key'), how, eb.tuple(node_id, sort, key))
}

function placeOf([nodeId, sort = '', key = '']: readonly string[]): Place {
  return { node_id: Number(nodeId), sort, key }
}

function byPlace(left: Place, right: Place): number {
  return left.node_id - right.node_id || compareColumns(left.sort, right.sort) || compareColumns(left.key, right.key)
}
