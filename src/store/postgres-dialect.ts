import { type DataTypeNode, PostgresDialect, PostgresQueryCompiler, type QueryCompiler } from 'kysely'
import { Pool, types } from 'pg'
import { preparingPool } from './postgres-pool.ts'

/** Object ids of pg_type: what PostgreSQL sends as text because it may not fit a number. */
const INT8 = 20
const NUMERIC = 1700

const CONNECT_TIMEOUT_MS = 5000
/** A statement of ours takes milliseconds; what takes longer waits for a lock that nobody gives back. */
const STATEMENT_TIMEOUT_MS = 30_000
/** How much longer than the server's own limit we wait for its word: then the server, or the way to it, is gone. */
const SILENCE_MS = 5000
/** Between two statements of a transaction we never wait for anybody. */
const IDLE_IN_TRANSACTION_MS = 5000

/**
 * What the store asks is bounded, and found by an index in the order in which it is wanted; a server that expects fewer or
 * more rows than there are (a prepared statement's plan outlives the day when its table was empty, and of a page's end it
 * knows nothing) would read whole tables, sort, start processes for that and compile it.
 */
const BY_INDEX = [
  ...['enable_seqscan', 'enable_bitmapscan', 'enable_sort', 'jit'].map((name) => `set ${name} = off`),
  'set max_parallel_workers_per_gather = 0',
].join(';')

export interface PoolOptions {
  /** libpq's connection URI, such as `postgres://nsentinel@db.example/nsentinel`. */
  readonly url: string
  /** How many connections this collector may hold at the most. */
  readonly maxConnections: number
  /** How long one statement may take, 30 s; 0 is for ever. */
  readonly statementTimeoutMs?: number
  /** Every statement finds what it needs by an index. */
  readonly byIndex?: boolean
  /** Told of a connection that was lost while nobody used it; the next use makes a new one. */
  readonly onLost: (error: Error) => void
}

/** Makes a Kysely dialect over node-postgres, with a bounded pool. */
export function postgresDialect(options: PoolOptions): PostgresDialect {
  return new ByteOrderedDialect({ pool: async () => preparingPool(createPool(options)) })
}

function createPool(options: PoolOptions): Pool {
  const { url, maxConnections, onLost, statementTimeoutMs = STATEMENT_TIMEOUT_MS, byIndex = false } = options
  const pool = new Pool({
    connectionString: url,
    max: maxConnections,
    application_name: 'nsentinel',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    ...(statementTimeoutMs === 0 ? {} : { query_timeout: statementTimeoutMs + SILENCE_MS }),
    // The server gives up a transaction whose collector is frozen, and with it the locks that others wait for.
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    types: { getTypeParser },
    ...(byIndex ? { onConnect: (client) => client.query(BY_INDEX) } : {}),
  })
  // The pool adds the whole client to the error, with all that it holds.
  pool.on('error', ({ message }) =>
    onLost(new Error(`a connection to PostgreSQL that nobody used was lost: ${message}`)),
  )
  // A connection that is lost between two statements of a transaction tells so as an event, too, which must not end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** Our integers are times, counts and sequence numbers below 2^53: numbers, as SQLite gives them. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (oid === INT8 || oid === NUMERIC) return Number
  return types.getTypeParser(oid, format)
}

/** Makes text columns that compare byte by byte, as SQLite's do, whatever the database's own collation is. */
class ByteOrderedCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node)
    if (node.dataType === 'text') this.append(' collate "C"')
  }
}

class ByteOrderedDialect extends PostgresDialect {
  override createQueryCompiler(): QueryCompiler {
    return new ByteOrderedCompiler()
  }
}
