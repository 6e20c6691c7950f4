import { existsSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

// Loaded by NODE_OPTIONS into every thread of a process: when a file comes to be, each but the main one fails.
const INTERVAL_MS = 20
const file = process.env['FAIL_THREADS_AT'] ?? ''
if (!isMainThread) {
  setInterval(() => {
    if (existsSync(file)) throw new Error('a thread of a test fails')
  }, INTERVAL_MS)
}
