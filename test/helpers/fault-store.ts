import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import type { Postgres } from './postgres.ts'
import { type HistoryRow, historyQueryOf, historyRowOf, readHistory } from './stream.ts'

/** Where the collectors of a fault run keep everything, and how many share it. */
export interface FaultStore {
  readonly collectors: number
  /** What has a collector use it. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Reads a node's history past the collectors. */
  readHistory(node: string): Promise<HistoryRow[]>
  /** Reads how much of a node's stream is stored; 0 before anything is. */
  readAckedSeq(node: string): Promise<number>
  /** Stops the database in this way and starts it again; null where it has no process of its own. */
  readonly restart: ((mode: 'fast' | 'immediate') => Promise<void>) | null
}

/** One collector on an SQLite file in the folder. */
export function sqliteFaultStore(folder: string): FaultStore {
  const path = join(folder, 'store.db')
  return {
    collectors: 1,
    args: ['--store', path],
    env: {},
    readHistory: async (node) => readHistory(path, node),
    readAckedSeq: async (node) => ackedIn(queryFile(path, ackedQueryOf(node))),
    restart: null,
  }
}

/** Two collectors on a new database of a PostgreSQL server. */
export async function postgresFaultStore(server: Postgres): Promise<FaultStore> {
  const url = await server.createDatabase()
  return {
    collectors: 2,
    args: [],
    env: { NSENTINEL_DATABASE_URL: url },
    readHistory: async (node) => (await queryServer(url, historyQueryOf(node))).map(historyRowOf),
    readAckedSeq: async (node) => ackedIn(await queryServer(url, ackedQueryOf(node))),
    restart: async (mode) => {
      await server.halt(mode)
      await server.start()
    },
  }
}

type Row = Readonly<Record<string, unknown>>

function ackedQueryOf(node: string): string {
  return `select acked_seq from nodes where name = '${node}'`
}

function ackedIn([row]: readonly Row[]): number {
  return Number(row?.['acked_seq'] ?? 0)
}

function queryFile(path: string, query: string): Row[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare(query).all()
  database.close()
  return rows
}

async function queryServer(connectionString: string, query: string): Promise<Row[]> {
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query<Row>(query)
  await client.end()
  return rows
}
