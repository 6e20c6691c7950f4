import * as z from 'zod'
import type { Digest } from '../model/digest.ts'

/** The version of the file, as `PRAGMA user_version` gives it. */
export const SPOOL_VERSION = 1

/** What a new file is made of: one row that says where the stream stands, the state's rows, and the events that wait. */
export const SPOOL_TABLES = `
  CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    next_seq INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_at INTEGER,
    owed_seq INTEGER,
    digest BLOB NOT NULL,
    acked_at INTEGER,
    forgotten INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE state (key TEXT NOT NULL UNIQUE, row TEXT NOT NULL) STRICT;
  CREATE TABLE events (seq INTEGER PRIMARY KEY, event TEXT NOT NULL, effect BLOB NOT NULL, queued_at INTEGER NOT NULL) STRICT;
  PRAGMA user_version = ${SPOOL_VERSION};
`

const number = z.int().nonnegative()
const DIGEST_BYTES = 32
const digest = z.custom<Digest>((value) => value instanceof Uint8Array && value.length === DIGEST_BYTES)

/** Where the stream of a file stands. */
export const headSchema = z.object({
  epoch: z.string().regex(/^[0-9a-f]{32}$/),
  next_seq: number.positive(),
  first_seq: number.positive(),
  last_at: z.int().nullable(),
  owed_seq: number.nullable(),
  digest,
  /** When the collector last acknowledged something new. */
  acked_at: z.int().nullable(),
  /** How many changes were forgotten before they were stored one by one. */
  forgotten: number,
})

export type SpoolHead = z.infer<typeof headSchema>

export const stateSchema = z.object({ key: z.string(), row: z.string() })

export const eventSchema = z.object({ seq: number.positive(), event: z.string(), effect: digest, queued_at: z.int() })
