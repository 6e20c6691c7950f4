import { closeSync, openSync } from 'node:fs'

/** O_PATH of open(2), which Node does not name: it opens also a directory that we may not list. */
const O_PATH = 0o10000000

/**
 * Runs reads that change the working directory, and comes back to where it was, even if that is deleted by now.
 *
 * @param procRoot an absolute path: the way back leads through it
 */
export function returning<Value>(procRoot: string, read: () => Value): Value {
  const before = openSync('.', O_PATH)
  try {
    return read()
  } finally {
    process.chdir(`${procRoot}/self/fd/${before}`)
    closeSync(before)
  }
}
