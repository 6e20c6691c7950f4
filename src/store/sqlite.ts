import { Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from './migrations/index.ts'
import { SqlStore } from './sql-store.ts'
import { nodeSqliteDialect } from './sqlite-dialect.ts'
import { reclaim } from './sqlite-reclaim.ts'
import type { Store } from './store.ts'
import type { Tables } from './tables.ts'

export interface SqliteStoreOptions {
  /** A file, made if need be and readable by its owner only, or `:memory:`. */
  readonly path: string
  readonly now: () => number
}

/**
 * Opens the store in one SQLite file, which one collector at a time may use. A file of an older version is brought to
 * this one's schema, all of it or nothing; one of a later version is refused and left as it is.
 */
export async function openSqliteStore({ path, now }: SqliteStoreOptions): Promise<Store> {
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(path) })
  try {
    await migrate(db, path)
    // Whoever was connected to a collector that has died is not connected to this one.
    await db.updateTable('nodes').set({ connected: 0 }).where('connected', '=', 1).execute()
  } catch (error) {
    await db.destroy()
    throw error
  }
  return new SqlStore(db, now, () => reclaim(db))
}

async function migrate(db: Kysely<Tables>, path: string): Promise<void> {
  const migrator = new Migrator({ db, provider: migrations })
  const later = await stepsOfLaterVersions(db).catch((cause: unknown) => {
    throw new Error(`could not read ${path}`, { cause })
  })
  if (later.length > 0) {
    const message = `${path} was written by a later version of nsentinel (${later.join(', ')}): run that version, or restore a backup`
    throw Object.assign(new Error(message), { code: 'later-version' })
  }
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw new Error(`could not bring ${path} to this version's schema`, { cause: error })
}

async function stepsOfLaterVersions(db: Kysely<Tables>): Promise<string[]> {
  const { rows: found } = await sql`select 1 from sqlite_master where name = 'kysely_migration'`.execute(db)
  if (found.length === 0) return []
  const { rows } = await sql<{ readonly name: string }>`select name from kysely_migration order by name`.execute(db)
  const known = Object.keys(await migrations.getMigrations())
  return rows.map(({ name }) => name).filter((name) => !known.includes(name))
}
