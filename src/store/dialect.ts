import { type CreateTableBuilder, type Kysely, SqliteAdapter } from 'kysely'

/** Adds a primary key that the database counts up by itself: SQLite does so for the one type it calls integer. */
export function serialKey<Schema, Table extends string, Columns extends string, Name extends string>(
  db: Kysely<Schema>,
  table: CreateTableBuilder<Table, Columns>,
  name: Name,
): CreateTableBuilder<Table, Columns | Name> {
  const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter
  return table.addColumn(name, isSqlite ? 'integer' : 'bigserial', (column) => column.primaryKey())
}
