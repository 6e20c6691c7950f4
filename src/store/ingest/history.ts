import type { Insertable } from 'kysely'
import { stateKey } from '../../model/changes.ts'
import { rowHash } from '../row-hash.ts'
import type { EventsTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { keyOf } from './fold.ts'
import type { PreparedEvent } from './prepared.ts'
import type { SwapChange } from './told.ts'

type Row = Insertable<EventsTable>

/** Where events belong. */
interface HistoryPlace {
  readonly nodeId: number
  readonly epochId: number
  readonly now: number
  /** Which of the rows that they change were there before. */
  readonly before: ReadonlySet<string>
}

/** Writes down events as the agent sent them. */
export function historyOf(events: readonly PreparedEvent[], { nodeId, epochId, now, before }: HistoryPlace): Row[] {
  const present = new Set(before)
  return events.map(({ seq, at, op, type, key, value, cause }) => {
    const fresh = notePresence(present, op, stateKey(type, key))
    const row_hash = rowHash(nodeId, type, key)
    const place = { node_id: nodeId, epoch_id: epochId, seq, ord: 0, received_at: now }
    return { ...place, fresh, row_hash, at: at ?? now, op, type, key, value, cause }
  })
}

/** Notes that a row is there or gone, and gives 1 when it was not there before. */
function notePresence(present: Set<string>, op: EventsTable['op'], key: string): 0 | 1 {
  if (op === 'delete') {
    present.delete(key)
    return 0
  }
  const fresh = present.has(key) ? 0 : 1
  present.add(key)
  return fresh
}

/** A snapshot in the history: the state after event `seq` of an epoch. */
export interface SwapPlace {
  readonly nodeId: number
  readonly epochId: number
  /** The epoch begins with it. */
  readonly isNew: boolean
  readonly seq: number
  /** The agent's clock when the state was read. */
  readonly at: number
  /** How many events it stands for that were never stored one by one. */
  readonly folded: number
  /** Which of the changed rows were there before. */
  readonly before: ReadonlySet<string>
}

/** Writes down a snapshot: a marker, then what it changed, so that lost history is never silent. */
export async function writeSwap(
  context: WriteContext,
  place: SwapPlace,
  changes: readonly SwapChange[],
): Promise<void> {
  const { nodeId, epochId, seq, at, folded, before } = place
  const first = (await lastOrd(context, place)) + 1
  const value = JSON.stringify({ folded, changed: changes.length })
  const marker = { op: 'resync', fresh: 0, type: '', key: '', value } as const
  const rows = [marker, ...changes.map((change) => describeChange(change, before))].map((told, index): Row => {
    const row_hash = rowHash(nodeId, told.type, told.key)
    const order = { node_id: nodeId, epoch_id: epochId, seq, ord: first + index }
    return { ...order, at, received_at: context.now, row_hash, cause: 'resync', ...told }
  })
  await context.statements.insertEvents.write(context.trx, rows)
}

function describeChange({ type, key, hash, item }: SwapChange, before: ReadonlySet<string>) {
  const ownKey = keyOf(type, key)
  const fresh = before.has(key) ? 0 : 1
  if (hash === null) return { op: 'delete', fresh: 0, type, key: ownKey, value: null } as const
  if (item === null) return { op: 'quarantined', fresh, type, key: ownKey, value: null } as const
  return { op: 'put', fresh, type, key: ownKey, value: JSON.stringify(item.value) } as const
}

/** A second snapshot after the same event comes after the first. */
async function lastOrd({ trx, statements }: WriteContext, { epochId, isNew, seq }: SwapPlace): Promise<number> {
  if (isNew) return 0
  await statements.flush(trx)
  const { last } = await trx
    .selectFrom('events')
    .select(({ fn, lit }) => fn.coalesce(fn.max('ord'), lit(0)).as('last'))
    .where('epoch_id', '=', epochId)
    .where('seq', '=', seq)
    .executeTakeFirstOrThrow()
  return last
}
