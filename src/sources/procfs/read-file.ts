import { closeSync, openSync, readSync } from 'node:fs'

/** Longer than any /proc/PID/stat, status or cgroup that a kernel writes: 13 v1 hierarchies of 4096-byte paths. */
const BUFFER_BYTES = 65_536

/**
 * Makes a reader of small procfs files: one read(2) into a buffer that all its calls share, synchronously, since
 * the thread pool and a buffer for each file cost several times more here.
 *
 * It throws the error of open(2) or read(2), or one with the code `E2BIG` when a file does not fit.
 */
export function createFileReader(): (path: string) => string {
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES)
  return (path) => {
    const file = openSync(path, 'r')
    try {
      const length = readSync(file, buffer, 0, BUFFER_BYTES, 0)
      if (length === BUFFER_BYTES) throw tooLarge(path)
      return buffer.toString('utf8', 0, length)
    } finally {
      closeSync(file)
    }
  }
}

function tooLarge(path: string): Error {
  return Object.assign(new Error(`${path} is larger than ${BUFFER_BYTES} bytes`), { code: 'E2BIG' })
}
