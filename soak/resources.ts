import { readdirSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** How many file descriptors this process has open, proc_pid_fd(5), without the one that lists them. */
export function countOpenFiles(): number {
  return readdirSync('/proc/self/fd').length - 1
}

/**
 * Gives the bytes that live JavaScript objects and their buffers hold, after a full collection.
 *
 * @throws {Error} without `node --expose-gc`
 */
export async function measureHeap(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('measuring the heap needs node --expose-gc')
  // What a first collection finds to be finalised is freed by a second one.
  globalThis.gc()
  await nextTurn()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
