import { t as root, type Test } from 'tap'
import { type FaultStore, postgresFaultStore, sqliteFaultStore } from './fault-store.ts'
import { type Postgres, startPostgres, whyNoPostgres } from './postgres.ts'

export type OpenFaultStore = (folder: string) => Promise<FaultStore>

let server: Promise<Postgres> | undefined

/** Registers a test once for one collector on SQLite, and once for two on a PostgreSQL that all tests of the file share. */
export function testFaults(
  title: string,
  { skip = false }: { readonly skip?: string | false },
  body: (t: Test, openFaultStore: OpenFaultStore) => Promise<void>,
): void {
  root.test(`${title} (SQLite)`, { skip }, (t) => body(t, async (folder) => sqliteFaultStore(folder)))
  root.test(`${title} (PostgreSQL, two collectors)`, { skip: skip === false ? whyNoPostgres() : skip }, (t) =>
    body(t, openPostgresFaultStore),
  )
}

async function openPostgresFaultStore(): Promise<FaultStore> {
  if (server === undefined) {
    server = startPostgres()
    root.teardown(async () => (await server)?.stop())
  }
  return postgresFaultStore(await server)
}
