import { statfsSync } from 'node:fs'
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** A batch and the indices that it touches take no more. */
const LEAST_ROOM_BYTES = 1024 * 1024

/** Whoever asks may ask often: the disk is asked once in so long. */
const FRESH_MS = 1000

/**
 * Makes what checks that a store's file can be written: by a commit, and by the room that is left. Where the disk is
 * full, little may still find its place in the journal that is there, and what agents send would not.
 */
export function createCheck(
  db: Kysely<Tables>,
  path: string,
  elapsedMs = () => performance.now(),
): () => Promise<void> {
  let last = { at: Number.NEGATIVE_INFINITY, verdict: Promise.resolve() }
  return () => {
    const at = elapsedMs()
    if (at - last.at >= FRESH_MS) last = { at, verdict: check(db, path) }
    return last.verdict
  }
}

async function check(db: Kysely<Tables>, path: string): Promise<void> {
  // It is 0 as ever; SQLite writes it all the same.
  await sql`pragma user_version = 0`.execute(db)
  const { bavail, bsize } = statfsSync(path)
  const left = bavail * bsize
  if (left < LEAST_ROOM_BYTES) throw new Error(`the disk of ${path} is full: ${left} bytes are left`)
}
