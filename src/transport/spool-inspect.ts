import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { spoolPathOf } from './spool-place.ts'
import { headSchema } from './spool-schema.ts'

/** What a spool's file holds, as it was last made durable: acknowledgements may be up to a minute behind. */
export interface SpoolInspection {
  readonly path: string
  /** With its journal. */
  readonly fileBytes: number
  /** `ok`, or what SQLite says is wrong. */
  readonly integrity: string
  /** Null as long as nothing was ever written. */
  readonly epoch: string | null
  readonly firstSeq: number
  readonly nextSeq: number
  readonly waiting: number
  readonly waitingBytes: number
  readonly oldestQueuedAt: number | null
  readonly stateRows: number
  readonly ackedAt: number | null
  /** Changes that were never stored one by one, since the file was made. */
  readonly forgotten: number
}

const countsSchema = z.object({
  waiting: z.int(),
  bytes: z.int(),
  oldest: z.int().nullable(),
  rows: z.int(),
})

/**
 * Reads a spool without disturbing whoever uses it.
 *
 * @throws {Error} when there is none, or it cannot be read
 */
export function inspectSpool(folder: string): SpoolInspection {
  const path = spoolPathOf(folder)
  try {
    using database = open(path)
    const integrity = String(database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'])
    const found = database.prepare('SELECT * FROM head').get()
    const head = found === undefined ? null : headSchema.parse(found)
    const { waiting, bytes, oldest, rows } = countsSchema.parse(database.prepare(COUNTS).get())
    return {
      path,
      fileBytes: sizeOf(path) + sizeOf(`${path}-wal`),
      integrity,
      epoch: head?.epoch ?? null,
      firstSeq: head?.first_seq ?? 1,
      nextSeq: head?.next_seq ?? 1,
      waiting,
      waitingBytes: bytes,
      oldestQueuedAt: oldest,
      stateRows: rows,
      ackedAt: head?.acked_at ?? null,
      forgotten: head?.forgotten ?? 0,
    }
  } catch (cause) {
    throw new Error(`cannot inspect the spool ${path}`, { cause })
  }
}

const COUNTS = `
  SELECT count(*) AS waiting, coalesce(sum(octet_length(event)), 0) AS bytes, min(queued_at) AS oldest,
    (SELECT count(*) FROM state) AS rows
  FROM events
`

function open(path: string): DatabaseSync & Disposable {
  const database = new DatabaseSync(path, { readOnly: true })
  database.exec('BEGIN')
  return database
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
