import { Kysely, sql } from 'kysely'
import { ANNOUNCES_NOTHING } from './announcer.ts'
import type { OnCommandNews } from './command-store.ts'
import { migrate } from './migrate.ts'
import { SqlStore } from './sql-store.ts'
import { createCheck } from './sqlite-check.ts'
import { startCheckpoints } from './sqlite-checkpoints.ts'
import { MEMORY, nodeSqliteDialect } from './sqlite-dialect.ts'
import { createJournalBound } from './sqlite-journal.ts'
import { lockStore } from './sqlite-lock.ts'
import { reclaim } from './sqlite-reclaim.ts'
import type { Tables } from './tables.ts'

export interface SqliteStoreOptions {
  /** A file, made if need be and readable by its owner only, or `:memory:`. */
  readonly path: string
  readonly now: () => number
  /** Called with what happens to commands: there is no other collector to do anything with them. */
  readonly onCommandNews?: OnCommandNews
}

/**
 * Opens the store in one SQLite file, which one collector at a time may use. A file of an older version is brought to
 * this one's schema, all of it or nothing; one of a later version is refused and left as it is.
 *
 * @throws an error of code `store-taken` when another collector uses the file, or `later-version`
 */
export async function openSqliteStore({ path, now, onCommandNews }: SqliteStoreOptions): Promise<SqlStore> {
  const lock = path === MEMORY ? null : lockStore(path)
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(path) })
  const journal = createJournalBound(db, path)
  try {
    await migrate(db, path)
    if (path !== MEMORY) await journal.set()
    // Every statement of many rows keeps a journal, in case it fails half way. Migrations sort more than memory may hold.
    await sql`pragma temp_store = memory`.execute(db)
    // Whoever was connected to a collector that has died is not connected to this one.
    await db.updateTable('nodes').set({ connected: 0 }).where('connected', '=', 1).execute()
  } catch (error) {
    await db.destroy()
    lock?.[Symbol.dispose]()
    throw error
  }
  const deps = {
    db,
    clock: async () => now(),
    announcer: ANNOUNCES_NOTHING,
    reclaim: () => reclaim(db),
    deliverCommandNews: onCommandNews,
  }
  if (lock === null) return new SqlStore(deps)
  // A store that is closed meanwhile writes no more.
  const checkpoints = startCheckpoints(path, () => void journal.takeOver().catch(() => undefined))
  return new SqlStore({
    ...deps,
    reclaim: async () => {
      await journal.set()
      return deps.reclaim()
    },
    check: createCheck(db, path),
    beforeClose: () => checkpoints.stop(),
    afterClose: () => lock[Symbol.dispose](),
  })
}
