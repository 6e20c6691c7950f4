import { MAX_ROWS } from './protocol.ts'

const MAX_PART_BYTES = 512 * 1024

/** Splits a state's rows into the parts of a snapshot: each within bounds, at least one, which may be empty. */
export function packRows(rows: readonly string[]): readonly (readonly string[])[] {
  let part: string[] = []
  let bytes = 0
  const parts = [part]
  for (const row of rows) {
    const rowBytes = Buffer.byteLength(row)
    if (part.length === MAX_ROWS || (part.length > 0 && bytes + rowBytes > MAX_PART_BYTES)) {
      part = []
      bytes = 0
      parts.push(part)
    }
    part.push(row)
    bytes += rowBytes
  }
  return parts
}
