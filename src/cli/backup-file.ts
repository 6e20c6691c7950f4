import { existsSync } from 'node:fs'
import { link, open, rm } from 'node:fs/promises'
import { copySqlite } from '../store/sqlite-backup.ts'
import { UsageError } from './errors.ts'
import { expectPlace } from './expect-place.ts'

/**
 * Writes a backup of a store: durable, readable by its owner only, and in its place whole or not at all. It replaces nothing.
 *
 * @throws UsageError when there is no store, or something is in the backup's place
 */
export async function backUp(store: string, to: string): Promise<void> {
  if (!existsSync(store)) throw new UsageError(`--store: expected a store, got ${store}: it is not there`)
  await expectPlace('FILE', to)
  if (existsSync(to)) throw new UsageError(`FILE: expected a new file, got ${to}: it is there`)
  const partial = `${to}.partial`
  const umask = process.umask(0o077)
  try {
    await rm(partial, { force: true })
    copySqlite(store, partial)
    const file = await open(partial, 'r')
    await file.sync().finally(() => file.close())
    // Unlike a rename it fails where something has come into its place.
    await link(partial, to)
  } catch (cause) {
    throw new Error(`could not back up ${store} to ${to}`, { cause })
  } finally {
    await rm(partial, { force: true })
    process.umask(umask)
  }
}
