import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** Gives the time by which all that use one database agree, Unix milliseconds. */
export type Clock = (db: Kysely<Tables>) => Promise<number>

/** The clock of the PostgreSQL server: collectors' own may differ. */
export const databaseClock: Clock = async (db) => {
  const { rows } = await sql<{
    now: number
  }>`select floor(extract(epoch from clock_timestamp()) * 1000) as now`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('PostgreSQL gave no time')
  return row.now
}
