import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { type Pool, type PoolClient, Query } from 'pg'
import { isSilence } from './postgres-trouble.ts'

/** A statement that begins so takes the text that it copies as its only parameter. */
const COPY = 'copy '
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

  #copyIn<R>(sql: string, rows: string): Promise<PostgresQueryResult<R>> {
    const { promise, resolve, reject } = Promise.withResolvers<PostgresQueryResult<R>>()
    const copy = new CopyIn(sql, (error) =>
      error ? reject(error) : resolve({ command: 'INSERT', rowCount: 0, rows: [] }),
    )
    copy.copied = rows
    this.#client.query(copy)
    return promise
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null
}

/** What Kysely tells apart. */
const COMMANDS = ['UPDATE', 'DELETE', 'INSERT', 'SELECT', 'MERGE', 'COMMIT', 'ROLLBACK'] as const

/** What node-postgres gives a query that the server asks for rows; its types leave it out. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** A COPY FROM STDIN: node-postgres calls its handlers as those of any query. */
class CopyIn extends Query {
  copied = ''

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(Buffer.from(this.copied))
    connection.endCopyFrom()
  }
}
