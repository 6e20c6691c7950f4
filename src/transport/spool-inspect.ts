import { accessSync, constants, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import * as z from 'zod'
import { spoolPathOf } from './spool-place.ts'
import { headSchema, SPOOL_VERSION } from './spool-schema.ts'
import { reasonOf, SpoolError } from './spool-trouble.ts'

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
 * @throws {Error} when there is none, it is of another version, or it cannot be read
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
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new SpoolError('there is none: no agent has used this directory', { code: 'gone' })
  }
  accessSync(path, constants.R_OK)
  const database = begin(path)
  const version = database.prepare('PRAGMA user_version').get()?.['user_version']
  if (version === SPOOL_VERSION) return database
  database.close()
  throw new SpoolError(`it is of version ${version}, not ${SPOOL_VERSION}: an agent puts it aside`, { code: 'version' })
}

/** A file that needs its journal's index cannot be opened on a disk that takes none; without a journal it needs none. */
function begin(path: string): DatabaseSync & Disposable {
  try {
    return beginAt(path)
  } catch (error) {
    if (reasonOf(error) !== 'missing' || sizeOf(`${path}-wal`) > 0) throw error
    const url = pathToFileURL(path)
    url.searchParams.set('immutable', '1')
    return beginAt(url)
  }
}

function beginAt(path: string | URL): DatabaseSync & Disposable {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    // Opens the file: the constructor does not.
    database.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
