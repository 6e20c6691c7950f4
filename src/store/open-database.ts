import { Kysely } from 'kysely'
import { type Clock, databaseClock } from './clock.ts'
import { THE_DATABASE } from './migrate.ts'
import type { Tables } from './tables.ts'

/** A store's tables, for what works on them beside a collector. */
export interface StoreDatabase {
  readonly db: Kysely<Tables>
  readonly clock: Clock
  /** What errors call it. */
  readonly name: string
}

export type DatabasePlace =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string }

/** Opens the tables of a store that is there and of this version; a collector may be using it. */
export async function openDatabase(place: DatabasePlace): Promise<StoreDatabase> {
  if (place.kind === 'sqlite') {
    const { nodeSqliteDialect } = await import('./sqlite-dialect.ts')
    const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(place.path) })
    return { db, clock: async () => Date.now(), name: place.path }
  }
  const { postgresDialect } = await import('./postgres-dialect.ts')
  // A connection that was lost fails whoever uses it next, and says so.
  const dialect = postgresDialect({ url: place.url, maxConnections: 1, onLost: () => undefined })
  return { db: new Kysely<Tables>({ dialect }), clock: databaseClock, name: THE_DATABASE }
}
