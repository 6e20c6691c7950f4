import { statfsSync } from 'node:fs'
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** Of 8 KiB each: 256 MiB. */
const MOST_PAGES = 32_768
/** Without a thread, the writer moves 16 MiB at a time. */
const MOST_PAGES_ALONE = 2000
const LEAST_PAGES = 100
/** What is in the journal wants as much room again in the file before the journal can begin anew. */
const ROOM_SHARE = 1 / 16

/** How long the journal may become before the writer itself moves it into the file. */
export interface JournalBound {
  /** Sets it by the room that the disk has now: a journal that took all of it could never be moved again. */
  set(): Promise<void>
  /** No thread moves the journal any more: the writer does. */
  takeOver(): Promise<void>
}

/** Bounds the journal of a store's file. */
export function createJournalBound(db: Kysely<Tables>, path: string): JournalBound {
  let most = MOST_PAGES
  const set = async () => {
    const { rows } = await sql<{ readonly page_size: number }>`pragma page_size`.execute(db)
    const { bavail, bsize } = statfsSync(path)
    const fitting = Math.floor((bavail * bsize * ROOM_SHARE) / (rows[0]?.page_size ?? bsize))
    const pages = Math.max(LEAST_PAGES, Math.min(most, fitting))
    await sql`pragma wal_autocheckpoint = ${sql.lit(pages)}`.execute(db)
  }
  const takeOver = () => {
    most = MOST_PAGES_ALONE
    return set()
  }
  return { set, takeOver }
}
