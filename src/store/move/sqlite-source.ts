import { DatabaseSync } from 'node:sqlite'
import { listSteps } from '../migrate.ts'
import { lineOf, type Row, type RowsText } from './moved-rows.ts'
import type { MovedTable } from './moved-tables.ts'
import { refuseMove } from './refuse.ts'

/** How long to wait for whoever works on the file beside a collector, such as `collector token`. */
const PATIENCE_MS = 3000
/** How much text of rows is under way at once. */
const MOST_LENGTH = 512 * 1024

/** SQLite's result codes, sqlite3.h. */
const SQLITE_BUSY = 5
const SQLITE_NOTADB = 26

/** The file of a store that nobody else has open, and nobody can open until it is closed: all is read as of one moment. */
export class SqliteSource {
  readonly #database: DatabaseSync

  /** @throws an error of code `move-refused` when it is no store of this version, or somebody uses it */
  static async open(path: string): Promise<SqliteSource> {
    const database = new DatabaseSync(path, { timeout: PATIENCE_MS })
    try {
      takeAlone(database, path)
      await expectThisVersion(database, path)
      return new SqliteSource(database)
    } catch (error) {
      database.close()
      throw error
    }
  }

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Gives the names of a table's columns. */
  columnsOf({ name }: MovedTable): readonly string[] {
    return this.#database
      .prepare('select name from pragma_table_info(?)')
      .all(name)
      .map((column) => String(column['name']))
  }

  count(table: string): number {
    return Number(this.#database.prepare(`select count(*) as rows from ${table}`).get()?.['rows'])
  }

  /** Reads a table in the order of its key, as many rows at once as may be under way. */
  *readRows(table: MovedTable): Generator<RowsText> {
    const columns = this.columnsOf(table)
    const found = this.#database.prepare(
      `select ${columns.join(', ')} from ${table.name} order by ${table.key.join(', ')}`,
    )
    let text = ''
    let rows = 0
    for (const row of found.iterate()) {
      text += lineOf(table, columns, row satisfies Row)
      rows += 1
      if (text.length < MOST_LENGTH) continue
      yield { rows, text }
      text = ''
      rows = 0
    }
    if (rows > 0) yield { rows, text }
  }

  close(): void {
    this.#database.close()
  }
}

/** A connection to a WAL file holds a shared lock for as long as it is open: to lock it alone shows that there is none. */
function takeAlone(database: DatabaseSync, path: string): void {
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    const code = error instanceof Error && 'errcode' in error ? error.errcode : null
    if (code === SQLITE_BUSY)
      refuseMove(`expected a store that nobody uses, got ${path}: stop its collector first`, error)
    if (code === SQLITE_NOTADB) refuseMove(`expected a store, got ${path}: it is no SQLite file`, error)
    throw new Error(`could not open ${path}`, { cause: error })
  }
}

async function expectThisVersion(database: DatabaseSync, path: string): Promise<void> {
  const known = await listSteps()
  const made = stepsOf(database)
  if (made.length === 0) refuseMove(`expected a store, got ${path}: no collector has used it`)
  if (made.some((step) => !known.includes(step)))
    refuseMove(`expected a store of this version, got ${path}: a later one wrote it`)
  if (known.some((step) => !made.includes(step))) {
    refuseMove(
      `expected a store of this version, got ${path} of an earlier one: start this version's collector on it once`,
    )
  }
}

function stepsOf(database: DatabaseSync): readonly string[] {
  const table = database.prepare(`select 1 from sqlite_schema where name = 'kysely_migration'`).get()
  if (table === undefined) return []
  return database
    .prepare('select name from kysely_migration')
    .all()
    .map((row) => String(row['name']))
}
