import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'

const INTERVAL_MS = 500
/** SQLite's result code, sqlite3.h. */
const SQLITE_FULL = 13

// The thread that sqlite-checkpoints.ts starts. A passive checkpoint waits for nobody and keeps nobody waiting.
const database = new DatabaseSync(String(workerData))
database.exec('PRAGMA wal_autocheckpoint = 0')
setInterval(checkpoint, INTERVAL_MS)

/** A full disk passes: whoever writes tells of it, and once there is room again the journal must not take all of that. */
function checkpoint(): void {
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error && error.errcode === SQLITE_FULL)) throw error
  }
}
