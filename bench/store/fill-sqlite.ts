import { DatabaseSync } from 'node:sqlite'
import type { StoreOptions } from './options.ts'
import { type FilledTable, listRows } from './rows.ts'

/** Fills an empty store in a file. */
export function fillSqlite(path: string, options: StoreOptions): void {
  const database = new DatabaseSync(path)
  // What fails here is made anew.
  database.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -1000000; begin')
  for (const table of listRows(options)) withoutIndices(database, table.name, () => insertRows(database, table))
  database.exec('commit')
  database.close()
}

/** Builds a table's indices once, after all rows: by sorting, which is several times faster. */
function withoutIndices(database: DatabaseSync, table: string, fill: () => void): void {
  const indices = database
    .prepare(`select name, sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null`)
    .all(table)
  for (const { name } of indices) database.exec(`drop index ${name}`)
  fill()
  for (const { sql } of indices) database.exec(String(sql))
}

function insertRows(database: DatabaseSync, { name, rows }: FilledTable): void {
  let insert: ReturnType<DatabaseSync['prepare']> | null = null
  for (const row of rows) {
    const columns = Object.keys(row)
    insert ??= database.prepare(`insert into ${name} (${columns}) values (${columns.map(() => '?')})`)
    insert.run(...Object.values(row))
  }
}
