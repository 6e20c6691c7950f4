import { MAX_ROWS } from './protocol.ts'

const MAX_PART_BYTES = 512 * 1024
/** A collector has a part of thousands of agents at the same time: those of a usual state are small. */
const USUAL_PART_BYTES = 128 * 1024
/** Into about so many parts a larger state is split: fewer than half of what a snapshot may have. */
const USUAL_PARTS = 100

interface Row {
  readonly text: string
  readonly bytes: number
}

/** Splits a state's rows into the parts of a snapshot: each within bounds, at least one, which may be empty. */
export function packRows(texts: readonly string[]): readonly (readonly string[])[] {
  const rows = texts.map((text): Row => ({ text, bytes: Buffer.byteLength(text) }))
  const mostBytes = partSizeOf(rows)
  let part: string[] = []
  let bytes = 0
  const parts = [part]
  for (const row of rows) {
    if (part.length === MAX_ROWS || (part.length > 0 && bytes + row.bytes > mostBytes)) {
      part = []
      bytes = 0
      parts.push(part)
    }
    part.push(row.text)
    bytes += row.bytes
  }
  return parts
}

function partSizeOf(rows: readonly Row[]): number {
  let total = 0
  for (const { bytes } of rows) total += bytes
  return Math.min(Math.max(total / USUAL_PARTS, USUAL_PART_BYTES), MAX_PART_BYTES)
}
