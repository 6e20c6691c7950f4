import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** How many pages of 8 KiB one step gives back: each is moved, and nobody is served meanwhile. */
const PAGES = 50

/** New events take freed pages again: only what is freed beyond this share of the file is given back. */
const KEPT_SHARE = 0.1
const KEPT_PAGES = 500

/** Gives a little of the file's free space back to the file system; tells whether there is more to give. */
export async function reclaim(db: Kysely<Tables>): Promise<boolean> {
  const free = await readPragma(db, 'freelist_count')
  const pages = await readPragma(db, 'page_count')
  if (free <= KEPT_PAGES + pages * KEPT_SHARE) return false
  await sql`pragma incremental_vacuum(${sql.lit(PAGES)})`.execute(db)
  // A file that an earlier version made gives nothing back.
  return (await readPragma(db, 'freelist_count')) < free
}

async function readPragma(db: Kysely<Tables>, name: 'freelist_count' | 'page_count'): Promise<number> {
  const { rows } = await sql<Record<string, number>>`pragma ${sql.raw(name)}`.execute(db)
  return rows[0]?.[name] ?? 0
}
