import { join } from 'node:path'
import { Client } from 'pg'
import { t as root, type Test } from 'tap'
import { hashOf } from '../../src/collector/auth/secret.ts'
import type { SecretProof } from '../../src/model/speaker.ts'
import type { Hello } from '../../src/model/stream.ts'
import type { OnCommandNews } from '../../src/store/command-store.ts'
import type { DatabasePlace } from '../../src/store/open-database.ts'
import { openPostgresStore } from '../../src/store/postgres.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { IngestStore, Session, Store } from '../../src/store/store.ts'
import { TAKEN_AT } from './builders.ts'
import { type Postgres, startPostgres, whyNoPostgres } from './postgres.ts'
import { type HistoryRow, historyQueryOf, historyRowOf, readHistory, type TestStream } from './stream.ts'

/** A store of the test's own, and the clock that it goes by. */
export interface TestStore {
  readonly store: Store
  readonly clock: { now: number }
  readonly place: DatabasePlace
  /** Reads the history past the store itself. */
  readHistory(): Promise<HistoryRow[]>
}

export type OpenStore = (onCommandNews?: OnCommandNews) => Promise<TestStore>

/** Registers a test once for each database that a store may be in. */
export function testStores(title: string, body: (t: Test, openTestStore: OpenStore) => Promise<void>): void {
  root.test(`${title} (SQLite)`, (t) => body(t, (onNews) => openTestStore(t, onNews)))
  root.test(`${title} (PostgreSQL)`, { skip: whyNoPostgres() }, (t) =>
    body(t, (onNews) => openPostgresTestStore(t, onNews)),
  )
}

/** Opens a store on an SQLite file. */
export async function openTestStore(
  t: Test,
  onCommandNews: OnCommandNews = () => undefined,
): Promise<TestStore & { readonly path: string }> {
  const path = join(t.testdir(), 'store.sqlite')
  const clock = { now: TAKEN_AT }
  const store = await openSqliteStore({ path, now: () => clock.now, onCommandNews })
  t.teardown(() => store.close())
  return { store, path, place: { kind: 'sqlite', path }, clock, readHistory: async () => readHistory(path) }
}

let server: Promise<Postgres> | undefined

/** Opens a store in a new database of a PostgreSQL that all tests of the file share. */
async function openPostgresTestStore(t: Test, onCommandNews: OnCommandNews = () => undefined): Promise<TestStore> {
  if (server === undefined) {
    server = startPostgres()
    root.teardown(async () => (await server)?.stop())
  }
  const url = await (await server).createDatabase()
  const clock = { now: TAKEN_AT }
  const fail = (error: unknown) => t.error(error)
  const store = await openPostgresStore({
    url,
    maxConnections: 4,
    clock: async () => clock.now,
    onChanged: () => undefined,
    onMissed: () => undefined,
    onCommandNews,
    onTrouble: fail,
  })
  t.teardown(() => store.close())
  return { store, place: { kind: 'postgres', url }, clock, readHistory: () => readPostgresHistory(url) }
}

async function readPostgresHistory(connectionString: string): Promise<HistoryRow[]> {
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query(historyQueryOf(null))
  await client.end()
  return rows.map(historyRowOf)
}

/** What an agent shows that has a secret of its own, and a token to enrol with. */
export function proofOf({ agentId }: Pick<Hello, 'agentId'>, given: Partial<SecretProof> = {}): SecretProof {
  return { by: 'secret', secretHash: hashOf(`secret of ${agentId}`), enrols: 'new', ...given }
}

/** Opens a session that must be let in. */
export async function openSession(store: Store, hello: Hello): Promise<Session> {
  const opened = await store.open(hello, proofOf(hello))
  if (opened.outcome !== 'opened') throw new Error(`not opened: ${JSON.stringify(opened)}`)
  return opened.session
}

/** Opens a session whose epoch has begun with the stream's state as it is. */
export async function begin(store: Store, stream: TestStream, given: Partial<Hello> = {}): Promise<Session> {
  const session = await openSession(store, stream.hello(given))
  await store.stage(session, stream.part())
  return session
}

/** A store that does some things another way. */
export function storeWith(store: IngestStore, given: Partial<IngestStore>): IngestStore {
  return {
    judge: (...args) => store.judge(...args),
    open: (...args) => store.open(...args),
    apply: (...args) => store.apply(...args),
    stage: (...args) => store.stage(...args),
    look: (...args) => store.look(...args),
    end: (...args) => store.end(...args),
    ...given,
  }
}
