import { stat } from 'node:fs/promises'
import type { StoreDatabase } from '../store/open-database.ts'
import { type Config, setting } from './config.ts'
import { UsageError } from './errors.ts'
import type { Io } from './io.ts'
import { MEMORY, text } from './settings.ts'
import { readStorePlace, storeSettings } from './store-place.ts'

/** Which store an operator works on, beside the collectors that use it. */
export const registerSettings = {
  store: setting(text('the path of a store').optional(), {
    value: 'FILE',
    description: "the collector's SQLite file",
  }),
  databaseUrlFile: storeSettings.databaseUrlFile,
}

const NOT_MIGRATED = 'expected a store of this version: start this version of the collector on it once'

/**
 * Works on the tables of a store that is there, and closes them.
 *
 * @throws UsageError when no place is given, or what is there is no store of this version yet
 * @throws an error of code `later-version`
 */
export async function usingDatabase<Result>(
  config: Config<typeof registerSettings>,
  io: Io,
  work: (database: StoreDatabase) => Promise<Result>,
): Promise<Result> {
  const place = await readStorePlace({ ...config, store: config.store ?? MEMORY }, io)
  if (place.kind === 'sqlite') await expectStore(config.store)
  const { openDatabase } = await import('../store/open-database.ts')
  const database = await openDatabase(place)
  try {
    const { isMigrated } = await import('../store/migrate.ts')
    if (!(await isMigrated(database.db, database.name))) throw new UsageError(NOT_MIGRATED)
    return await work(database)
  } finally {
    await database.db.destroy()
  }
}

/**
 * Checks that a file is there, where SQLite would make one.
 *
 * @throws UsageError when none is, or none is named
 */
export async function expectStore(path: string | undefined): Promise<void> {
  if (path === undefined)
    throw new UsageError('--store (or --database-url-file) is missing: expected where the store is')
  const there = await stat(path).catch(() => null)
  if (there?.isFile() !== true)
    throw new UsageError(`--store: expected the file of a store, got ${path}: there is no such file`)
}
