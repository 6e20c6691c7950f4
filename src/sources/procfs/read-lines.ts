import { closeSync, openSync, readSync } from 'node:fs'

const CHUNK_BYTES = 65_536
const NEWLINE = 0x0a

/** More than any honest table of a node; what is longer is somebody's attempt to keep us busy. */
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Reads a table of procfs line by line, synchronously, and no further than its reader asks: the kernel makes each part
 * only when it is read.
 *
 * @throws {Error} of open(2) or read(2), or with the code `E2BIG` when the table does not end within 4 MiB
 */
export function* readLines(path: string, maxBytes = MAX_BYTES): Generator<string, void> {
  const file = openSync(path, 'r')
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    let rest = Buffer.alloc(0)
    let total = 0
    for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk)) {
      total += length
      if (total > maxBytes)
        throw Object.assign(new Error(`${path} is larger than ${maxBytes} bytes`), { code: 'E2BIG' })
      const text = Buffer.concat([rest, chunk.subarray(0, length)])
      const end = text.lastIndexOf(NEWLINE) + 1
      rest = text.subarray(end)
      if (end > 0) yield* text.toString('utf8', 0, end - 1).split('\n')
    }
    if (rest.length > 0) yield rest.toString('utf8')
  } finally {
    closeSync(file)
  }
}
