import { CompiledQuery, Kysely, sql } from 'kysely'
import { postgresDialect } from '../../src/store/postgres-dialect.ts'
import { copyRow } from '../../src/store/postgres-text.ts'
import type { StoreOptions } from './options.ts'
import { type FilledTable, listRows } from './rows.ts'

/** How much text is copied in at once. */
const PIECE_LENGTH = 1024 * 1024

/** Fills an empty store in a database, and leaves it as the server's own upkeep would a little later. */
export async function fillPostgres(url: string, options: StoreOptions): Promise<void> {
  const dialect = postgresDialect({ url, maxConnections: 1, statementTimeoutMs: 0, onLost: () => undefined })
  const db = new Kysely<unknown>({ dialect })
  try {
    await sql`set maintenance_work_mem = '512MB'`.execute(db)
    for (const table of listRows(options)) await withoutIndices(db, table.name, () => copyRows(db, table))
    await sql`vacuum (analyze)`.execute(db)
  } finally {
    await db.destroy()
  }
}

/** Builds a table's indices once, after all rows; that of its primary key grows with them. */
async function withoutIndices(db: Kysely<unknown>, table: string, fill: () => Promise<void>): Promise<void> {
  const { rows: indices } = await sql<{ readonly name: string; readonly definition: string }>`
    select indexname as name, indexdef as definition from pg_indexes where tablename = ${table}
      and not exists (select from pg_constraint where conname = indexname)`.execute(db)
  for (const { name } of indices) await sql`drop index ${sql.ref(name)}`.execute(db)
  await fill()
  for (const { definition } of indices) await sql.raw(definition).execute(db)
}

async function copyRows(db: Kysely<unknown>, { name, rows }: FilledTable): Promise<void> {
  let columns: readonly string[] = []
  let text = ''
  const copy = () => db.executeQuery(CompiledQuery.raw(`copy ${name} (${columns}) from stdin`, [text]))
  for (const row of rows) {
    columns = Object.keys(row)
    text += copyRow(row, columns)
    if (text.length < PIECE_LENGTH) continue
    await copy()
    text = ''
  }
  if (text !== '') await copy()
}
