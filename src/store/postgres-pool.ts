import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { type Pool, type PoolClient, Query } from 'pg'
import { isSilence } from './postgres-trouble.ts'

/** A statement that begins so takes the text that it copies as its only parameter. */
const COPY = 'copy '
const PIECE_BYTES = 64 * 1024
const LENGTH_BYTES = 4
const MESSAGE_HEAD_BYTES = 1 + LENGTH_BYTES
/** Ours are fewer; what comes after is parsed and planned each time. */
const MOST_PREPARED = 100
/** feature_not_supported: a newer collector has changed a table since its statement was prepared. */
const CHANGED_TABLE = '0A000'

/**
 * Gives Kysely a pool of node-postgres that also prepares the statements of transactions, which are run again and again,
 * and copies rows in: to parse and plan a statement costs the server more than to run it.
 */
export function preparingPool(pool: Pool): PostgresPool {
  // Kysely knows a connection by its client.
  const clients = new WeakMap<PoolClient, PreparingClient>()
  return {
    options: pool.options,
    connect: async () => {
      const client = await pool.connect()
      const known = clients.get(client) ?? new PreparingClient(client)
      clients.set(client, known)
      return known
    },
    end: () => pool.end(),
  }
}

class PreparingClient implements PostgresPoolClient {
  readonly #client: PoolClient
  readonly #names = new Map<string, string>()
  #named = 0
  /** Why nothing more is asked on this connection: it left a question without an answer. */
  #silence: unknown = null

  constructor(client: PoolClient) {
    this.#client = client
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
  query<R>(
    text: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof text !== 'string') return text
    // A rollback would wait for as long again.
    if (this.#silence !== null) return Promise.reject(this.#silence)
    const asked = text.startsWith(COPY) ? this.#copyIn<R>(text, String(parameters[0])) : this.#run<R>(text, parameters)
    return asked.catch((error: unknown) => this.#fail(error))
  }

  release(destroy?: boolean): void {
    this.#client.release(destroy === true || this.#silence !== null)
  }

  #fail(error: unknown): never {
    if (isSilence(error)) this.#silence = error
    throw error
  }

  async #run<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    const prepared = this.#client.getTransactionStatus() === 'T' && parameters.length > 0 ? this.#prepare(text) : {}
    const running = this.#client.query({ ...prepared, text, values: [...parameters] }).catch((error: unknown) => {
      // Prepared anew, under other names, it fits the table as it is now.
      if (codeOf(error) === CHANGED_TABLE) this.#names.clear()
      throw error
    })
    const { command, rowCount, rows } = await running
    return { command: COMMANDS.find((known) => known === command) ?? 'SELECT', rowCount: rowCount ?? 0, rows }
  }

  #prepare(text: string): { readonly name?: string } {
    const known = this.#names.get(text)
    if (known !== undefined) return { name: known }
    if (this.#names.size === MOST_PREPARED) return {}
    this.#named += 1
    const name = `nsentinel-${this.#named}`
    this.#names.set(text, name)
    return { name }
  }

  async #copyIn<R>(sql: string, rows: string): Promise<PostgresQueryResult<R>> {
    for (const piece of piecesOf(rows)) await this.#copyPiece(sql, piece)
    return { command: 'INSERT', rowCount: 0, rows: [] }
  }

  #copyPiece(sql: string, rows: Buffer): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#client.query(new CopyIn(sql, rows, (error) => (error ? reject(error) : resolve())))
    return promise
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null
}

/** What Kysely tells apart. */
const COMMANDS = ['UPDATE', 'DELETE', 'INSERT', 'SELECT', 'MERGE', 'COMMIT', 'ROLLBACK'] as const

/**
 * A COPY FROM STDIN whose rows go with the statement: a server that waits for them cannot be made to give up, whatever its
 * timeouts are, and others would wait for the locks of a collector that is frozen just then.
 */
class CopyIn extends Query {
  constructor(sql: string, rows: Buffer, done: (error: Error | undefined) => void) {
    super(sql, done)
    const { submit } = this
    this.submit = (connection) => {
      connection.stream.cork()
      submit.call(this, connection)
      connection.stream.write(copyMessages(rows))
      connection.stream.uncork()
    }
  }

  /** The server asks for what is already under way. */
  handleCopyInResponse(): void {}
}

/** CopyData and CopyDone, as chapter "Message Formats" of PostgreSQL's manual has them. */
function copyMessages(rows: Buffer): Buffer {
  const head = Buffer.alloc(MESSAGE_HEAD_BYTES)
  head.write('d')
  head.writeInt32BE(rows.length + LENGTH_BYTES, 1)
  const done = Buffer.alloc(MESSAGE_HEAD_BYTES)
  done.write('c')
  done.writeInt32BE(LENGTH_BYTES, 1)
  return Buffer.concat([head, rows, done])
}

/** Cuts rows, each of which ends with a line, into pieces that a socket takes at once. */
function piecesOf(rows: string): Buffer[] {
  const whole = Buffer.from(rows)
  const pieces: Buffer[] = []
  for (let from = 0; from < whole.length; ) {
    const last = whole.lastIndexOf('\n', from + PIECE_BYTES - 1)
    const end = last >= from ? last : whole.indexOf('\n', from)
    const next = end === -1 ? whole.length : end + 1
    pieces.push(whole.subarray(from, next))
    from = next
  }
  return pieces
}
