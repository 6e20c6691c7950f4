import type { ReceivedEvent } from '../../model/stream.ts'
import type { EventsTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { keyOf, type RowChange } from './fold.ts'

/** Writes down an event as the agent sent it. */
export function historyOf(received: ReceivedEvent, epochId: number, now: number): EventsTable {
  const place = { epoch_id: epochId, seq: received.seq, ord: 0 }
  if (received.quarantined === undefined) {
    const { event } = received
    const { at, op, type, key, cause = null } = event
    const value = event.op === 'put' ? JSON.stringify(event.value) : null
    return { ...place, at, received_at: now, op, type, key, value, cause }
  }
  const { problem, effect } = received.quarantined
  const { type, key } = effect ?? { type: '', key: '' }
  return { ...place, at: now, received_at: now, op: 'quarantined', type, key, value: null, cause: problem }
}

/** A snapshot in the history: the state after event `seq` of an epoch. */
export interface SwapPlace {
  readonly epochId: number
  readonly seq: number
  /** The agent's clock when the state was read. */
  readonly at: number
  /** How many events it stands for that were never stored one by one. */
  readonly folded: number
}

/** Writes down a snapshot: a marker, then what it changed, so that lost history is never silent. */
export async function writeSwap(context: WriteContext, place: SwapPlace, changes: readonly RowChange[]): Promise<void> {
  const { epochId, seq, at, folded } = place
  const first = (await lastOrd(context, place)) + 1
  const marker = {
    op: 'resync',
    type: '',
    key: '',
    value: JSON.stringify({ folded, changed: changes.length }),
  } as const
  const rows = [marker, ...changes.map(describe)].map(({ op, type, key, value }, index): EventsTable => {
    const ord = first + index
    return { epoch_id: epochId, seq, ord, at, received_at: context.now, op, type, key, value, cause: 'resync' }
  })
  await context.statements.insertEvents.write(context.trx, rows)
}

function describe({ type, key, hash, item }: RowChange): Pick<EventsTable, 'op' | 'type' | 'key' | 'value'> {
  const ownKey = keyOf(type, key)
  if (hash === null) return { op: 'delete', type, key: ownKey, value: null }
  if (item === null) return { op: 'quarantined', type, key: ownKey, value: null }
  return { op: 'put', type, key: ownKey, value: JSON.stringify(item.value) }
}

/** A second snapshot after the same event comes after the first. */
async function lastOrd({ trx }: WriteContext, { epochId, seq }: SwapPlace): Promise<number> {
  const { last } = await trx
    .selectFrom('events')
    .select(({ fn, lit }) => fn.coalesce(fn.max('ord'), lit(0)).as('last'))
    .where('epoch_id', '=', epochId)
    .where('seq', '=', seq)
    .executeTakeFirstOrThrow()
  return last
}
