import { Kysely, type Transaction } from 'kysely'
import { migrate, THE_DATABASE } from '../migrate.ts'
import type { Tables } from '../tables.ts'
import type { RowsText } from './moved-rows.ts'
import { MOVED_TABLES, type MovedTable } from './moved-tables.ts'
import { copyRows, dropIndices, finishTarget, readRows, takeEmptyTarget, targetDialect } from './postgres-target.ts'
import { SqliteSource } from './sqlite-source.ts'

/** Sums up what went through it. */
export interface Hash {
  update(text: string): unknown
  digest(encoding: 'hex'): string
}

export interface MoveOptions {
  /** The file of the store. */
  readonly from: string
  /** libpq's connection URI of the database. */
  readonly to: string
  readonly createHash: () => Hash
  /** Told of each table once all of it is copied. */
  readonly onCopied: (moved: MovedRows) => void
}

/** What moved of a table. */
export interface MovedRows {
  readonly table: string
  readonly rows: number
  /** Of all rows in the order of their key. */
  readonly digest: string
}

/** What came of a move. */
export interface Moved {
  readonly tables: readonly MovedRows[]
  /** How many browsers were logged in, which they are no more. */
  readonly logins: number
}

/**
 * Moves a store from an SQLite file, which stays as it is, into an empty PostgreSQL database: in one transaction, so that
 * a move that is cut off has moved nothing, and reads everything back before it commits.
 *
 * @throws an error of code `move-refused` when either side is not as it must be; then nothing was touched
 */
export async function moveStore(options: MoveOptions): Promise<Moved> {
  const source = await SqliteSource.open(options.from)
  const db = new Kysely<Tables>({ dialect: targetDialect(options.to) })
  try {
    await migrate(db, THE_DATABASE)
    const tables = await db.transaction().execute((trx) => moveTables(trx, source, options))
    return { tables, logins: source.count('logins') }
  } finally {
    await db.destroy()
    source.close()
  }
}

async function moveTables(trx: Transaction<Tables>, source: SqliteSource, options: MoveOptions): Promise<MovedRows[]> {
  await takeEmptyTarget(trx)
  const copied: MovedRows[] = []
  for (const table of MOVED_TABLES) {
    const moved = await copyTable(trx, source, table, options)
    copied.push(moved)
    options.onCopied(moved)
  }
  await finishTarget(trx)
  for (const [index, table] of MOVED_TABLES.entries()) {
    const stored = await sumUp(table, readRows(trx, table, source.columnsOf(table)), options)
    const moved = copied[index]
    if (moved === undefined || stored.rows !== moved.rows || stored.digest !== moved.digest) {
      throw new Error(`${table.name} is another in the database than in the file: nothing was moved`)
    }
  }
  return copied
}

async function copyTable(
  trx: Transaction<Tables>,
  source: SqliteSource,
  table: MovedTable,
  options: MoveOptions,
): Promise<MovedRows> {
  const columns = source.columnsOf(table)
  const makeIndices = await dropIndices(trx, table)
  async function* copying() {
    let copied = Promise.resolve()
    try {
      for (const part of source.readRows(table)) {
        // The server stores what came before while this part was read.
        await copied
        copied = copyRows(trx, table, { columns, text: part.text })
        // Whoever awaits it next is told; until then a failure must not count as unhandled.
        copied.catch(() => undefined)
        yield part
      }
    } finally {
      // What is still under way would be stored after the transaction was rolled back.
      await copied
    }
  }
  const moved = await sumUp(table, copying(), options)
  await makeIndices()
  return moved
}

async function sumUp(
  { name }: MovedTable,
  parts: AsyncIterable<RowsText>,
  { createHash }: MoveOptions,
): Promise<MovedRows> {
  const hash = createHash()
  let moved = 0
  for await (const { rows, text } of parts) {
    moved += rows
    hash.update(text)
  }
  return { table: name, rows: moved, digest: hash.digest('hex') }
}
