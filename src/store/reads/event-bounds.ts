import type { Kysely } from 'kysely'
import type { EventFilter } from '../store.ts'
import type { Tables } from '../tables.ts'

/** Between which numbers the events of a page lie. */
export interface Bounds {
  readonly first: number
  /** They lie below it. */
  readonly before: number
}

/**
 * Finds where a span of time begins and ends in the order of history, so that no event outside is read. Where the
 * collector's clock was put back, times overlap: of what was received meanwhile a span may miss some.
 */
export async function readBounds(
  db: Kysely<Tables>,
  { since, until }: Pick<EventFilter, 'since' | 'until'>,
  after: number,
): Promise<Bounds> {
  const [first, end] = await Promise.all([
    since === undefined ? 0 : firstReceived(db, since),
    until === undefined ? after : firstReceived(db, until),
  ])
  return { first, before: Math.min(after, end) }
}

/** Gives the number of the first event that was received then or later, by halves: times grow with numbers. */
async function firstReceived(db: Kysely<Tables>, time: number): Promise<number> {
  let low = (await eventFrom(db, 0))?.id ?? 0
  let high = ((await lastEvent(db))?.id ?? 0) + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const event = await eventFrom(db, middle)
    if (event === undefined || event.received_at >= time) high = middle
    else low = event.id + 1
  }
  return low
}

function eventFrom(db: Kysely<Tables>, id: number) {
  const query = db.selectFrom('events').select(['id', 'received_at']).where('id', '>=', id)
  return query.orderBy('id').limit(1).executeTakeFirst()
}

function lastEvent(db: Kysely<Tables>) {
  return db.selectFrom('events').select('id').where('id', '>', 0).orderBy('id', 'desc').limit(1).executeTakeFirst()
}
