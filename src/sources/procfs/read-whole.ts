import { closeSync, openSync, readSync } from 'node:fs'

const CHUNK_BYTES = 65_536

/**
 * Reads a procfs file of many lines, of which one read(2) gives only some.
 *
 * @throws {Error} of open(2) or read(2), or one with the code `E2BIG` when it is longer than `maxBytes`
 */
export function readWhole(path: string, maxBytes: number): string {
  const file = openSync(path, 'r')
  try {
    const chunks: Buffer[] = []
    let total = 0
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      const length = readSync(file, chunk, 0, CHUNK_BYTES, null)
      if (length === 0) return Buffer.concat(chunks, total).toString('utf8')
      total += length
      if (total > maxBytes)
        throw Object.assign(new Error(`${path} is larger than ${maxBytes} bytes`), { code: 'E2BIG' })
      chunks.push(chunk.subarray(0, length))
    }
  } finally {
    closeSync(file)
  }
}
