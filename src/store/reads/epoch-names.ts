import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Reads the names of a page's epochs, by id. */
export async function readEpochNames(
  db: Kysely<Tables>,
  rows: readonly { readonly epoch_id: number }[],
): Promise<ReadonlyMap<number, string>> {
  const ids = [...new Set(rows.map(({ epoch_id }) => epoch_id))]
  if (ids.length === 0) return new Map()
  const epochs = await db.selectFrom('epochs').select(['id', 'name']).where('id', 'in', ids).execute()
  return new Map(epochs.map(({ id, name }) => [id, name]))
}
