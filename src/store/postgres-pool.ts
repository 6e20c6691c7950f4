import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { type Pool, type PoolClient, Query } from 'pg'

/** A statement that begins so is prepared once on each connection, under the name in the comment. */
const NAMED = /^\/\* (?<name>[a-z-]{1,60}) \*\/ /
/** A statement that begins so takes the text that it copies as its only parameter. */
const COPY = 'copy '

/**
 * Gives Kysely a pool of node-postgres that also prepares statements which are run again and again, and copies rows in: to
 * parse and plan a statement of many rows costs the server more than to store them.
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
    return text.startsWith(COPY) ? this.#copyIn(text, String(parameters[0])) : this.#run(text, parameters)
  }

  release(destroy?: boolean): void {
    this.#client.release(destroy)
  }

  async #run<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    const name = NAMED.exec(text)?.groups?.['name']
    const named = name === undefined ? {} : { name }
    const { command, rowCount, rows } = await this.#client.query({ ...named, text, values: [...parameters] })
    return { command: COMMANDS.find((known) => known === command) ?? 'SELECT', rowCount: rowCount ?? 0, rows }
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
