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
  const first = since === undefined ? 0 : await firstSince(db, since)
  const before = until === undefined ? after : Math.min(after, (await lastBefore(db, until)) + 1)
  return { first, before }
}

/** Gives the first event since then; where there is none, a number that none has. */
async function firstSince(db: Kysely<Tables>, since: number): Promise<number> {
  const query = db.selectFrom('events').select('id').where('received_at', '>=', since)
  const found = await query.orderBy('received_at').orderBy('id').limit(1).executeTakeFirst()
  return found?.id ?? Number.MAX_SAFE_INTEGER
}

/** Gives the last event before then; 0 where there is none. */
async function lastBefore(db: Kysely<Tables>, until: number): Promise<number> {
  const query = db.selectFrom('events').select('id').where('received_at', '<', until)
  const found = await query.orderBy('received_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst()
  return found?.id ?? 0
}
