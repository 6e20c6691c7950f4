import { type CreateTableBuilder, type Kysely, type RawBuilder, type SqlBool, SqliteAdapter, sql } from 'kysely'

/** What one transaction of any of us may do at a time, by the number of its lock in PostgreSQL. */
const LOCKS = { nodes: 7_433_001, upkeep: 7_433_002, commands: 7_433_003 } as const

/** Tells whether one process alone has the database, as SQLite's file; then a transaction is alone by itself. */
export function isSqlite<Schema>(db: Kysely<Schema>): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter
}

/** Adds a primary key that the database counts up by itself: SQLite does so for the one type it calls integer. */
export function serialKey<Schema, Table extends string, Columns extends string, Name extends string>(
  db: Kysely<Schema>,
  table: CreateTableBuilder<Table, Columns>,
  name: Name,
): CreateTableBuilder<Table, Columns | Name> {
  return table.addColumn(name, isSqlite(db) ? 'integer' : 'bigserial', (column) => column.primaryKey())
}

/** Waits until no other transaction, of this collector or another, holds the lock; it ends with the transaction. */
export async function takeLock<Schema>(trx: Kysely<Schema>, name: keyof typeof LOCKS): Promise<void> {
  if (!isSqlite(trx)) await sql`select pg_advisory_xact_lock(${LOCKS[name]})`.execute(trx)
}

/** Takes the lock if nobody holds it; it ends with the transaction. */
export async function tryLock<Schema>(trx: Kysely<Schema>, name: keyof typeof LOCKS): Promise<boolean> {
  if (isSqlite(trx)) return true
  const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_xact_lock(${LOCKS[name]}) as taken`.execute(trx)
  return rows[0]?.taken === true
}

/** Tells whether a column is one of any number of texts: one statement, and one parameter, however many there are. */
export function isOneOf<Schema>(db: Kysely<Schema>, column: string, texts: readonly string[]): RawBuilder<SqlBool> {
  if (!isSqlite(db)) return sql`${sql.ref(column)} = any(${[...texts]}::text[])`
  return sql`${sql.ref(column)} in (select value from json_each(${JSON.stringify(texts)}))`
}

/** Likewise of bytes, which JSON has as hexadecimal digits. */
export function isOneOfHashes<Schema>(
  db: Kysely<Schema>,
  column: string,
  hashes: readonly Uint8Array[],
): RawBuilder<SqlBool> {
  const buffers = hashes.map((hash) => Buffer.from(hash))
  if (!isSqlite(db)) return sql`${sql.ref(column)} = any(${buffers}::bytea[])`
  const digits = JSON.stringify(buffers.map((buffer) => buffer.toString('hex')))
  return sql`${sql.ref(column)} in (select unhex(value) from json_each(${digits}))`
}
