import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { isSqlite } from '../dialect.ts'

/**
 * Lets PostgreSQL look up no node and no epoch for each row that it stores, which takes as long as storing an event: nodes
 * and epochs are never deleted, and each row names one that its own transaction has read. SQLite's look-ups cost next to nothing.
 */
export const uncheckedReferences: Migration = {
  async up(db) {
    if (isSqlite(db)) return
    for (const table of ['events', 'state', 'staged', 'findings', 'quarantine']) {
      for (const name of await referencesOf(db, table)) await db.schema.alterTable(table).dropConstraint(name).execute()
    }
  },
}

/** PostgreSQL numbers the names of constraints where a table was made anew under its old name. */
async function referencesOf(db: Kysely<unknown>, table: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select conname as name from pg_constraint where contype = 'f' and conrelid = ${table}::regclass`.execute(db)
  return rows.map(({ name }) => name)
}
