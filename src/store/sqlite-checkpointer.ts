import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'

const INTERVAL_MS = 500

// The thread that sqlite-checkpoints.ts starts. A passive checkpoint waits for nobody and keeps nobody waiting.
const database = new DatabaseSync(String(workerData))
database.exec('PRAGMA wal_autocheckpoint = 0')
setInterval(() => database.exec('PRAGMA wal_checkpoint(PASSIVE)'), INTERVAL_MS)
