import { realpathSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { readLockHolder } from './lock-holder.ts'
import { makePrivately } from './private-file.ts'

/** SQLite's result code, sqlite3.h. */
const SQLITE_BUSY = 5

/**
 * Takes a store's file for this collector, until it is closed or the process ends, however that ends. It is SQLite's lock
 * on an empty file beside the store, so that commands and backups can open the store itself meanwhile.
 *
 * @throws an error of code `store-taken` when another collector has it
 */
export function lockStore(path: string): Disposable {
  makePrivately(path)
  // By whatever name it is called, it is one store.
  const lock = `${realpathSync(path)}.lock`
  makePrivately(lock)
  const database = new DatabaseSync(lock, { timeout: 0 })
  try {
    // With a journal in memory, nothing but the lock is ever in a file.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    const code = cause instanceof Error && 'errcode' in cause ? cause.errcode : null
    if (code !== SQLITE_BUSY) throw new Error(`could not lock ${path}`, { cause })
    throw Object.assign(new Error(`another collector uses ${path}: ${holderOf(lock)}`, { cause }), {
      code: 'store-taken',
    })
  }
  return {
    [Symbol.dispose]: () => {
      if (database.isOpen) database.close()
    },
  }
}

function holderOf(lock: string): string {
  const pid = readLockHolder(lock)
  return pid === null ? 'a process that is not seen from here, of another container or machine' : `process ${pid}`
}
