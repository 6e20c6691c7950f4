import { statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { SpooledEvent } from './spool.ts'
import { SPOOL_TABLES, SPOOL_VERSION, type SpoolHead } from './spool-schema.ts'
import { SpoolError } from './spool-trouble.ts'

/** FULL, so that what was sent is still there after a loss of power. */
const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 250;
  PRAGMA journal_size_limit = 1048576;
`

/** What is to be made durable in one commit. */
export interface SpoolChange {
  readonly head: SpoolHead
  /** True when the file is to hold this and nothing else. */
  readonly isWhole: boolean
  /** The texts of rows by their state keys; null for one that is gone. */
  readonly rows: Iterable<readonly [string, string | null]>
  readonly events: readonly SpooledEvent[]
}

/** A spool's SQLite file, open for writing; every method throws what SQLite does. */
export class SpoolFile {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof prepareAll>
  readonly #inode: number
  #journalInode: number | null = null

  /**
   * Opens the file, or makes one that its owner only can read.
   *
   * @throws {SpoolError} when it is damaged or of another version
   */
  constructor(path: string) {
    this.#path = path
    this.#database = openPrivately(path)
    try {
      prepareTables(this.#database, path)
      this.#statements = prepareAll(this.#database)
      this.#inode = inodeOf(path)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  get database(): DatabaseSync {
    return this.#database
  }

  /** Writes all of it or nothing; it is durable when this returns. */
  save({ head, isWhole, rows, events }: SpoolChange): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      if (isWhole) this.#database.exec('DELETE FROM state; DELETE FROM events')
      const { deleteEvents, insertEvent, putRow, deleteRow, putHead } = this.#statements
      deleteEvents.run(head.first_seq)
      for (const { seq, text, effect, queuedAt } of events) insertEvent.run(seq, text, effect, queuedAt)
      for (const [key, text] of rows) {
        if (text === null) deleteRow.run(key)
        else putRow.run(key, text)
      }
      putHead.run({ ...head })
      this.#database.exec('COMMIT')
    } catch (error) {
      // SQLite ends a transaction itself where the disk is full or fails.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
    this.#journalInode ??= inodeOf(`${this.#path}-wal`)
    this.expectInPlace()
  }

  /**
   * Checks that the file is where it was: what is written to one that was deleted or replaced goes nowhere, without an error.
   *
   * @throws {SpoolError} `gone` when it is not
   */
  expectInPlace(): void {
    const isSameJournal = this.#journalInode === null || inodeOf(`${this.#path}-wal`) === this.#journalInode
    if (inodeOf(this.#path) === this.#inode && isSameJournal) return
    throw new SpoolError(`${this.#path} was taken away or replaced`, { code: 'gone' })
  }

  close(): void {
    this.#database.close()
  }
}

function openPrivately(path: string): DatabaseSync {
  // SQLite gives its journals the mode of the file, and offers no other way to choose it.
  const umask = process.umask(0o077)
  try {
    return new DatabaseSync(path)
  } finally {
    process.umask(umask)
  }
}

function prepareTables(database: DatabaseSync, path: string): void {
  database.exec(PRAGMAS)
  const version = database.prepare('PRAGMA user_version').get()?.['user_version']
  if (version === 0) database.exec(`BEGIN IMMEDIATE; ${SPOOL_TABLES} COMMIT`)
  else if (version !== SPOOL_VERSION) {
    throw new SpoolError(`${path} is of version ${version}, not ${SPOOL_VERSION}`, { code: 'version' })
  }
}

function prepareAll(
  database: DatabaseSync,
): Readonly<Record<'deleteEvents' | 'insertEvent' | 'putRow' | 'deleteRow' | 'putHead', StatementSync>> {
  return {
    deleteEvents: database.prepare('DELETE FROM events WHERE seq < ?'),
    insertEvent: database.prepare('INSERT INTO events (seq, event, effect, queued_at) VALUES (?, ?, ?, ?)'),
    putRow: database.prepare(
      'INSERT INTO state (key, row) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET row = excluded.row',
    ),
    deleteRow: database.prepare('DELETE FROM state WHERE key = ?'),
    putHead: database.prepare(
      `INSERT OR REPLACE INTO head (id, epoch, next_seq, first_seq, last_at, owed_seq, digest, acked_at, forgotten)
       VALUES (1, :epoch, :next_seq, :first_seq, :last_at, :owed_seq, :digest, :acked_at, :forgotten)`,
    ),
  }
}

function inodeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new SpoolError(`${path} was taken away`, { code: 'gone' })
  return found.ino
}
