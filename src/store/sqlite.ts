import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from './migrations/index.ts'
import { SqlStore } from './sql-store.ts'
import { nodeSqliteDialect } from './sqlite-dialect.ts'
import type { Store } from './store.ts'
import type { Tables } from './tables.ts'

export interface SqliteStoreOptions {
  /** A file, made if need be and readable by its owner only, or `:memory:`. */
  readonly path: string
  readonly now: () => number
}

/** Opens the store in one SQLite file, which one collector at a time may use. */
export async function openSqliteStore({ path, now }: SqliteStoreOptions): Promise<Store> {
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(path) })
  const { error } = await new Migrator({ db, provider: migrations }).migrateToLatest()
  if (error !== undefined) {
    await db.destroy()
    throw new Error(`could not bring ${path} to this version's schema`, { cause: error })
  }
  // Whoever was connected to a collector that has died is not connected to this one.
  await db.updateTable('nodes').set({ connected: 0 }).where('connected', '=', 1).execute()
  return new SqlStore(db, now)
}
