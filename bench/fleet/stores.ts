import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { startPostgres } from '../../test/helpers/postgres.ts'
import { cpuMsOfFamily, type Place } from './processes.ts'

/** A store that is measured. */
export interface MeasuredStore extends Place {
  readonly name: string
  /** The processor time of what does its work beside the collectors, in milliseconds; null where nothing does. */
  readonly cpuMs: (() => number) | null
  /** Gives what is stored of each node, by its name. */
  readStored(): Promise<ReadonlyMap<string, Stored>>
  end(): Promise<void>
}

/** How many events of a node are stored, how many of them differ in number, and the last number. */
export interface Stored {
  readonly events: number
  readonly once: number
  readonly last: number
}

const STORED = `select name, count(*) as events, count(distinct seq) as once, max(seq) as last from events
  join nodes on nodes.id = node_id where ord = 0 group by name`

/** Makes a store in a file. */
export function fileStore(folder: string): MeasuredStore {
  const path = join(folder, 'store.sqlite')
  return {
    name: 'SQLite',
    flags: ['--store', path],
    env: {},
    cpuMs: null,
    readStored: async () => {
      const database = new DatabaseSync(path, { readOnly: true })
      const rows = database.prepare(STORED).all()
      database.close()
      return byName(rows)
    },
    end: () => rm(path, { force: true }),
  }
}

/** Starts a PostgreSQL of its own, set as it comes but for the memory that it may take for pages. */
export async function databaseStore(): Promise<MeasuredStore> {
  const server = await startPostgres(['shared_buffers=512MB'])
  const url = await server.createDatabase()
  return {
    name: 'PostgreSQL',
    flags: [],
    env: { NSENTINEL_DATABASE_URL: url },
    cpuMs: () => cpuMsOfFamily(server.pid()),
    readStored: async () => {
      const client = new Client({ connectionString: url })
      await client.connect()
      const { rows } = await client.query<Record<string, unknown>>(STORED)
      await client.end()
      return byName(rows)
    },
    end: () => server.stop(),
  }
}

function byName(rows: readonly Readonly<Record<string, unknown>>[]): ReadonlyMap<string, Stored> {
  return new Map(
    rows.map(({ name, events, once, last }) => [
      String(name),
      { events: Number(events), once: Number(once), last: Number(last) },
    ]),
  )
}
