import {
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  type Kysely,
  type Selectable,
  type SqlBool,
} from 'kysely'
import type { EventChange, EventPage, EventView } from '../../model/view.ts'
import { rowHash } from '../row-hash.ts'
import type { EventFilter, PageRequest } from '../store.ts'
import type { EventsTable, Tables } from '../tables.ts'
import { readEpochNames } from './epoch-names.ts'
import { type Bounds, readBounds } from './event-bounds.ts'
import { readHistorySince, readWholeHistorySince } from './history-since.ts'
import { findNodeId, readNodeNames } from './node-names.ts'
import { decodeCursor, EMPTY_PAGE, rowsFor, toPage } from './page.ts'
import { readScans, type Scan } from './scan.ts'

type Row = Selectable<EventsTable>
type Place = Pick<Row, 'id'>
type Builder = ExpressionBuilder<Tables, 'events'>
type Conditions = (eb: Builder) => Expression<SqlBool>[]

/** Lists history, the newest first. */
export async function listEvents(db: Kysely<Tables>, filter: EventFilter, page: PageRequest): Promise<EventPage> {
  const [after = Number.MAX_SAFE_INTEGER] = decodeCursor(page, { columns: 1, integers: 1 }) ?? []
  const nodeId = await findNodeId(db, filter.node)
  if (nodeId === null) return { ...EMPTY_PAGE, historySince: null }
  const bounds = await readBounds(db, filter, Number(after))
  const scan = scanOf(db, { filter, nodeId, bounds }, page)
  const read = await readScans([scan], (left, right) => right.id - left.id, { rows: rowsFor(page) })
  const nodes = await readNodeNames(db, read.rows)
  const epochs = await readEpochNames(db, read.rows)
  const view = (row: Row) => viewOf(row, nodes.get(row.node_id)?.name ?? '', epochs.get(row.epoch_id) ?? '')
  return {
    ...toPage(read, page, view, ({ id }) => [id]),
    historySince:
      nodeId === undefined ? await readWholeHistorySince(db) : (await readHistorySince(db, [nodeId]))(nodeId),
  }
}

interface Asked {
  readonly filter: EventFilter
  readonly nodeId: number | undefined
  readonly bounds: Bounds
}

function scanOf(db: Kysely<Tables>, asked: Asked, page: PageRequest): Scan<Row, Place> {
  const { first, before } = asked.bounds
  const select = (given: Conditions) =>
    db
      .selectFrom('events')
      .where((eb) => eb.and([...foundByIndex(eb, asked), ...given(eb)]))
      .where('id', '<', before)
      .where('id', '>=', first)
      .orderBy('id', 'desc')
  const to = (end: Place | undefined): Conditions => {
    return (eb) => [...lookedAt(eb, asked), ...(end === undefined ? [] : [eb('id', '>=', end.id)])]
  }
  return {
    isExact: lookedAt(expressionBuilder(), asked).length === 0,
    placeAt: (offset) =>
      select(() => [])
        .select('id')
        .limit(1)
        .offset(offset)
        .executeTakeFirst(),
    rowsTo: (end) => select(to(end)).selectAll().limit(rowsFor(page)).execute(),
  }
}

/** What the best index finds: a row is the smallest part, then a node. */
function foundByIndex(eb: Builder, { filter: { type, key }, nodeId }: Asked): Expression<SqlBool>[] {
  if (isOfRow(type, key, nodeId)) return [eb('row_hash', '=', rowHash(nodeId ?? 0, type ?? '', key ?? ''))]
  return nodeId === undefined ? [] : [eb('node_id', '=', nodeId)]
}

function isOfRow(type: string | undefined, key: string | undefined, nodeId: number | undefined): boolean {
  return type !== undefined && key !== undefined && nodeId !== undefined
}

/** What must be looked at in each row that the index finds. */
function lookedAt(eb: Builder, { filter }: Asked): Expression<SqlBool>[] {
  const { type, key, change, since, until } = filter
  return [
    ...(type === undefined ? [] : [eb('type', '=', type)]),
    ...(key === undefined ? [] : [eb('key', '=', key)]),
    ...(change === undefined ? [] : ofChange(eb, change)),
    ...(since === undefined ? [] : [eb('received_at', '>=', since)]),
    ...(until === undefined ? [] : [eb('received_at', '<', until)]),
  ]
}

const OPERATIONS = {
  appeared: 'put',
  changed: 'put',
  disappeared: 'delete',
  unreadable: 'quarantined',
  resync: 'resync',
} as const satisfies Record<EventChange, EventsTable['op']>

function ofChange(eb: Builder, change: EventChange): Expression<SqlBool>[] {
  const op = OPERATIONS[change]
  return [eb('op', '=', op), ...(op === 'put' ? [eb('fresh', '=', change === 'appeared' ? 1 : 0)] : [])]
}

function changeOf({ op, fresh }: Row): EventChange {
  if (op === 'put') return fresh === 1 ? 'appeared' : 'changed'
  if (op === 'delete') return 'disappeared'
  return op === 'quarantined' ? 'unreadable' : 'resync'
}

function viewOf(row: Row, node: string, epoch: string): EventView {
  const { id, seq, at, received_at, type, key, value, cause } = row
  return {
    id,
    node,
    epoch,
    seq,
    at,
    receivedAt: received_at,
    change: changeOf(row),
    type: type === '' ? null : type,
    key: type === '' ? null : key,
    value: value === null ? null : JSON.parse(value),
    cause,
  }
}
