import { Kysely, type Transaction } from 'kysely'
import { migrate, THE_DATABASE } from '../migrate.ts'
import type { Tables } from '../tables.ts'
import { MOVED_TABLES, type MovedTable } from './moved-tables.ts'
import { finishTarget, insertTexts, readTexts, takeEmptyTarget, targetDialect } from './postgres-target.ts'
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
    const stored = await sumUp(table, readTexts(trx, table, source.columnsOf(table)), options)
    const moved = copied[index]
    if (moved === undefined || stored.rows !== moved.rows || stored.digest !== moved.digest) {
      throw new Error(`${table.name} is another in the database than in the file: nothing was moved`)
    }
  }
  return copied
}

function copyTable(
  trx: Transaction<Tables>,
  source: SqliteSource,
  table: MovedTable,
  options: MoveOptions,
): Promise<MovedRows> {
  async function* copying() {
    for (const texts of source.readTexts(table)) {
      await insertTexts(trx, table, texts)
      yield texts
    }
  }
  return sumUp(table, copying(), options)
}

async function sumUp(
  { name }: MovedTable,
  batches: AsyncIterable<readonly string[]>,
  { createHash }: MoveOptions,
): Promise<MovedRows> {
  const hash = createHash()
  let rows = 0
  for await (const texts of batches) {
    rows += texts.length
    for (const text of texts) hash.update(`${text}\n`)
  }
  return { table: name, rows, digest: hash.digest('hex') }
}
