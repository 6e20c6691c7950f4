import { CompiledQuery, type Kysely, sql, type Transaction } from 'kysely'
import { takeLock } from '../dialect.ts'
import { postgresDialect } from '../postgres-dialect.ts'
import type { Tables } from '../tables.ts'
import { lineOf, type Row, type RowsText } from './moved-rows.ts'
import { ALL_TABLES, MOVED_TABLES, type MovedTable } from './moved-tables.ts'
import { refuseMove } from './refuse.ts'

/** How many rows are read back at once. */
const ROWS = 200

/** The longest that one statement takes, or the other side needs between two: an index is sorted, a disk is slow. */
const PATIENCE_MS = 600_000
/** Whoever holds a lock for longer works on the database too. */
const LOCK_PATIENCE_MS = 10_000

/** Makes the dialect of a move: one connection, and statements that may take long. */
export function targetDialect(url: string) {
  return postgresDialect({ url, maxConnections: 1, statementTimeoutMs: PATIENCE_MS, onLost: () => undefined })
}

/**
 * Keeps everybody else from writing until the transaction ends.
 *
 * @throws an error of code `move-refused` when the database has rows of a collector
 */
export async function takeEmptyTarget(trx: Transaction<Tables>): Promise<void> {
  await sql`set local lock_timeout = ${sql.lit(LOCK_PATIENCE_MS)}`.execute(trx)
  await sql`set local idle_in_transaction_session_timeout = ${sql.lit(PATIENCE_MS)}`.execute(trx)
  await sql`set local maintenance_work_mem = '256MB'`.execute(trx)
  await takeLock(trx, 'nodes')
  await sql`lock table ${sql.join(ALL_TABLES.map((name) => sql.table(name)))} in exclusive mode`.execute(trx)
  const filled: string[] = []
  for (const name of ALL_TABLES) {
    // Its one row is made with the table.
    if (name !== 'retention' && (await hasRows(trx, name))) filled.push(name)
  }
  if (filled.length > 0) refuseMove(`expected a database that holds nothing yet, got one with ${filled.join(', ')}`)
  await trx.deleteFrom('retention').execute()
}

/** Takes the indices of a table away, but for that of its key, and gives what makes them again: once, after all rows, which is several times faster. */
export async function dropIndices(trx: Kysely<Tables>, { name }: MovedTable): Promise<() => Promise<void>> {
  const { rows: indices } = await sql<{ readonly name: string; readonly definition: string }>`
    select indexname as name, indexdef as definition from pg_indexes
    where schemaname = current_schema() and tablename = ${name}
      and not exists (select from pg_constraint where conname = indexname)`.execute(trx)
  for (const index of indices) await sql`drop index ${sql.ref(index.name)}`.execute(trx)
  return async () => {
    for (const { definition } of indices) await sql.raw(definition).execute(trx)
  }
}

/** Copies rows into a table. */
export async function copyRows(
  trx: Kysely<Tables>,
  { name }: MovedTable,
  { columns, text }: { readonly columns: readonly string[]; readonly text: string },
): Promise<void> {
  await trx.executeQuery(CompiledQuery.raw(`copy ${name} (${columns.join(', ')}) from stdin`, [text]))
}

/** Reads a table in the order of its key. */
export async function* readRows(
  trx: Kysely<Tables>,
  table: MovedTable,
  columns: readonly string[],
): AsyncGenerator<RowsText> {
  const names = sql.join(columns.map((column) => sql.ref(column)))
  const key = sql.join(table.key.map((column) => sql.ref(column)))
  await sql`declare moved no scroll cursor for select ${names} from ${sql.table(table.name)} order by ${key}`.execute(
    trx,
  )
  for (;;) {
    const { rows } = await sql<Row>`fetch ${sql.lit(ROWS)} from moved`.execute(trx)
    if (rows.length === 0) break
    yield { rows: rows.length, text: rows.map((row) => lineOf(table, columns, row)).join('') }
  }
  await sql`close moved`.execute(trx)
}

/** Lets the database count on where the copied rows end, and plan by what is in its tables now. */
export async function finishTarget(trx: Kysely<Tables>): Promise<void> {
  for (const { name, key } of MOVED_TABLES) {
    const [column = ''] = key
    const sequence = sql`pg_get_serial_sequence(${name}, ${column})`
    const next = sql`(select coalesce(max(${sql.ref(column)}), 0) + 1 from ${sql.table(name)})`
    const { rows } = await sql<{ sequence: string | null }>`select ${sequence} as sequence`.execute(trx)
    if (typeof rows[0]?.sequence === 'string') await sql`select setval(${sequence}, ${next}, false)`.execute(trx)
    await sql`analyze ${sql.table(name)}`.execute(trx)
  }
}

async function hasRows(trx: Kysely<Tables>, name: string): Promise<boolean> {
  const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(trx)
  return rows.length > 0
}
