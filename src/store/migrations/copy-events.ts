import { type Insertable, type Kysely, sql } from 'kysely'
import { rowHash } from '../row-hash.ts'
import { RowsWriter } from '../statements.ts'
import type { EventsTable, Tables } from '../tables.ts'

const BATCH = 5000

type OldEvent = Omit<EventsTable, 'id' | 'fresh' | 'row_hash'>

/** Brings the history that an older version kept into the new table, in the order in which it came. */
export async function copyEvents(db: Kysely<Tables>): Promise<void> {
  const writer = new RowsWriter<Insertable<EventsTable>>((rows) => db.insertInto('events').values(rows))
  const present = new Set<number>()
  let after: readonly [number, number, number] = [0, -1, -1]
  for (;;) {
    const { rows } = await sql<OldEvent>`
      select epochs.node_id, old.* from events_before as old join epochs on epochs.id = old.epoch_id
      where (old.epoch_id, old.seq, old.ord) > (${after[0]}, ${after[1]}, ${after[2]})
      order by old.epoch_id, old.seq, old.ord limit ${BATCH}`.execute(db)
    const last = rows.at(-1)
    if (last === undefined) return
    await writer.write(
      db,
      rows.map((row) => complete(row, present)),
    )
    after = [last.epoch_id, last.seq, last.ord]
  }
}

function complete(row: OldEvent, present: Set<number>): Insertable<EventsTable> {
  const row_hash = rowHash(row.node_id, row.type, row.key)
  const fresh = row.op !== 'resync' && !present.has(row_hash) ? 1 : 0
  if (row.op === 'delete') present.delete(row_hash)
  else present.add(row_hash)
  return { ...row, fresh, row_hash }
}
