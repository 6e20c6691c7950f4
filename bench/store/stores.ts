import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { openPostgresStore } from '../../src/store/postgres.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { startPostgres } from '../../test/helpers/postgres.ts'
import { fillPostgres } from './fill-postgres.ts'
import { fillSqlite } from './fill-sqlite.ts'
import type { StoreOptions } from './options.ts'

/** A store that is asked. */
export interface AskedStore {
  readonly name: string
  open(): Promise<Store>
  /** Fills it, once it has been opened. */
  fill(options: StoreOptions): Promise<void>
  sizeBytes(): Promise<number>
  /** Gives what reads one event by its number, with the least that the database's driver needs. */
  openReader(): Promise<Reader>
  end(): Promise<void>
}

interface Reader {
  readonly read: (id: number) => unknown
  readonly close: () => Promise<void>
}

/** Makes a store in a file. */
export function fileStore(folder: string): AskedStore {
  const path = join(folder, 'store.sqlite')
  return {
    name: 'SQLite',
    open: () => openSqliteStore({ path, now: Date.now }),
    fill: async (options) => fillSqlite(path, options),
    sizeBytes: async () => (await stat(path)).size,
    openReader: async () => {
      const database = new DatabaseSync(path, { readOnly: true })
      const statement = database.prepare('select * from events where id = ?')
      return { read: (id) => statement.get(id), close: async () => database.close() }
    },
    end: () => rm(path, { force: true }),
  }
}

/** Nothing here has to survive the machine; apart from that it is set as it comes but for the memory for its pages. */
const SETTINGS = ['shared_buffers=512MB', 'fsync=off', 'max_wal_size=8GB']

/** Starts a PostgreSQL of its own. */
export async function databaseStore(): Promise<AskedStore> {
  const server = await startPostgres(SETTINGS)
  const url = await server.createDatabase()
  const nobody = { onChanged: () => undefined, onMissed: () => undefined }
  const onTrouble = (error: unknown) => console.error(error)
  return {
    name: 'PostgreSQL',
    open: () => openPostgresStore({ url, maxConnections: 10, ...nobody, onTrouble }),
    fill: (options) => fillPostgres(url, options),
    sizeBytes: () => ask(url, async (client) => Number((await client.query(SIZE)).rows[0]?.bytes)),
    openReader: async () => {
      const client = new Client({ connectionString: url })
      await client.connect()
      const read = (id: number) =>
        client.query({ name: 'one', text: 'select * from events where id = $1', values: [id] })
      return { read, close: () => client.end() }
    },
    end: () => server.stop(),
  }
}

const SIZE = 'select pg_database_size(current_database()) as bytes'

async function ask<Answer>(url: string, question: (client: Client) => Promise<Answer>): Promise<Answer> {
  const client = new Client({ connectionString: url })
  await client.connect()
  return question(client).finally(() => client.end())
}
