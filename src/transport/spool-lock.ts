import { DatabaseSync } from 'node:sqlite'
import { isTaken, SpoolError } from './spool-trouble.ts'

/**
 * Takes a spool for this process, until it is closed or the process ends, however that ends. It is a lock on an empty
 * SQLite file beside the spool, so that the spool itself can be inspected meanwhile.
 *
 * @throws {SpoolError} `taken` when another process, or a second spool of this one, has it
 */
export function lockSpool(path: string): Disposable {
  const umask = process.umask(0o077)
  try {
    const database = new DatabaseSync(`${path}.lock`, { timeout: 0 })
    try {
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    } catch (cause) {
      database.close()
      if (!isTaken(cause)) throw cause
      throw new SpoolError(`another process has ${path}`, { code: 'taken', cause })
    }
    return { [Symbol.dispose]: () => database.close() }
  } finally {
    process.umask(umask)
  }
}
