import { CompiledQuery, type Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** Gives the time by which all that use one database agree, Unix milliseconds. */
export type Clock = (db: Kysely<Tables>) => Promise<number>

const NOW = 'select floor(extract(epoch from clock_timestamp()) * 1000) as now'

/** The clock of the PostgreSQL server: collectors' own may differ. */
export const databaseClock: Clock = async (db) => {
  const { rows } = await db.executeQuery<{ readonly now: number }>(CompiledQuery.raw(NOW))
  const [row] = rows
  if (row === undefined) throw new Error('PostgreSQL gave no time')
  return row.now
}
