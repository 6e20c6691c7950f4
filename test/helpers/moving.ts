import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import type { Test } from 'tap'
import { hashOf } from '../../src/collector/auth/secret.ts'
import { type Moved, moveStore } from '../../src/store/move/move-store.ts'
import { openPostgresStore } from '../../src/store/postgres.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { TAKEN_AT } from './builders.ts'
import { begin, openSession } from './store.ts'
import { putFinding, type TestStream, testStream } from './stream.ts'

/** Makes the file of a store with something in every table, which nobody uses any more. */
export async function makeStore(t: Test): Promise<{ path: string; stream: TestStream; before: unknown }> {
  const path = join(t.testdir(), 'store.sqlite')
  const store = await openSqliteStore({ path, now: () => TAKEN_AT })
  const stream = testStream()
  const session = await begin(store, stream)
  // More than goes over at once.
  const changes = Array.from({ length: 700 }, (_, index) =>
    putFinding(index % 40, { summary: `Zoë ${index} \u{1f600}` }),
  )
  await store.apply(session, stream.batch(changes))
  const problem = { quarantined: { problem: 'odd', raw: '{"a":"\\u0000"}', effect: null } }
  await store.stage(session, { ...stream.part(), items: [...stream.part().items, problem] })
  await store.keepLogin(hashOf('a browser'), null)
  const seen = { lastAt: TAKEN_AT, count: 1, reason: null, agentId: null, node: null, address: null, detail: null }
  await store.keepAudit([{ id: 'audit-1', at: TAKEN_AT, action: 'logged-in', ...seen }])
  await store.end(await openSession(store, stream.hello()))
  const before = await readAll(store)
  await store.close()
  return { path, stream, before }
}

/** Reads what a store shows of everything that moves. */
export async function readAll(store: Store): Promise<unknown> {
  const page = { limit: 1000 }
  return {
    nodes: await store.listNodes(page),
    findings: await store.listFindings({}, page),
    events: await store.listEvents({}, page),
    quarantine: await store.listQuarantine(page),
    audit: await store.listAudit(page),
  }
}

/** Moves a store. */
export function move(from: string, to: string): Promise<Moved> {
  return moveStore({ from, to, createHash: () => createHash('sha256'), onCopied: () => undefined })
}

/** Opens a collector's store in the database; it is closed with the test. */
export async function openTarget(t: Test, url: string): Promise<Store> {
  const store = await openPostgresStore({
    url,
    maxConnections: 4,
    clock: async () => TAKEN_AT,
    onChanged: () => undefined,
    onMissed: () => undefined,
    onTrouble: (error) => t.error(error),
  })
  t.teardown(() => store.close())
  return store
}

/** Changes the file of a store past the store itself. */
export function alter(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

/** Asks a database past the store itself. */
export async function ask(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query(sql)
  await client.end()
  return rows
}
