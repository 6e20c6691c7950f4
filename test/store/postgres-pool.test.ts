import { Client } from 'pg'
import { t } from 'tap'
import type { ReceivedEvent } from '../../src/model/stream.ts'
import { openPostgresStore } from '../../src/store/postgres.ts'
import { startPostgres, whyNoPostgres } from '../helpers/postgres.ts'
import { begin } from '../helpers/store.ts'
import { deleteFinding, historyQueryOf, historyRowOf, putFinding, testStream } from '../helpers/stream.ts'

// A server starts, which takes seconds where the machine is busy.
t.setTimeout(120_000)

t.test('goes on when a newer collector has changed tables since', { skip: whyNoPostgres() }, async (t) => {
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const url = await server.createDatabase()
  let troubles = 0
  const store = await openPostgresStore({
    url,
    maxConnections: 1,
    onChanged: () => undefined,
    onMissed: () => undefined,
    onTrouble: () => void troubles++,
  })
  t.teardown(() => store.close())
  const stream = testStream()
  const session = await begin(store, stream)
  await store.apply(session, stream.batch([putFinding('a')]))
  const newer = new Client({ connectionString: url })
  await newer.connect()
  for (const table of ['nodes', 'findings']) await newer.query(`alter table ${table} add column later text`)
  await newer.end()

  const stored = await store.apply(session, stream.batch([putFinding('a', { summary: 'changed' })]))
  t.match(stored, { outcome: 'stored', ackedSeq: 2, wantSnapshot: false })
  t.ok(troubles > 0, 'what was prepared had to be prepared anew')

  // The schema of frames lets no NUL through; PostgreSQL would refuse it in the middle of a copy.
  const batch = stream.batch([deleteFinding('a')])
  const events = batch.events.map((received) => spoiled(received))
  await t.rejects(store.apply(session, { ...batch, events }), { code: '22021' })
  t.match(
    await store.apply(session, batch),
    { outcome: 'stored', ackedSeq: 3 },
    'and the connection is as good as before',
  )
})

t.test('goes on by other connections when what is at their end falls silent', { skip: whyNoPostgres() }, async (t) => {
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const url = await server.createDatabase()
  const troubles: string[] = []
  const store = await openPostgresStore({
    url,
    maxConnections: 1,
    statementTimeoutMs: 2000,
    onChanged: () => undefined,
    onMissed: () => undefined,
    onTrouble: (error) => void troubles.push(String(error)),
  })
  t.teardown(() => store.close())
  const stream = testStream()
  const session = await begin(store, stream)
  for (const pid of await serversOf(url)) {
    process.kill(pid, 'SIGSTOP')
    t.teardown(() => process.kill(pid, 'SIGCONT'))
  }

  const stored = await store.apply(session, stream.batch([putFinding('a')]))
  t.match(stored, { outcome: 'stored', ackedSeq: 1 })
  t.strictSame(troubles, ['Error: Query read timeout'])
})

/** Lists the processes that serve a store's connections, but for the one that listens. */
async function serversOf(url: string): Promise<readonly number[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query("select pid from pg_stat_activity where application_name = 'nsentinel'")
  await client.end()
  return rows.map(({ pid }) => Number(pid))
}

function spoiled(received: ReceivedEvent): ReceivedEvent {
  if (received.quarantined !== undefined || received.event.op !== 'delete') return received
  return { ...received, event: { ...received.event, cause: 'a\0b' } }
}

t.test('copies more rows than go in one piece', { skip: whyNoPostgres() }, async (t) => {
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const url = await server.createDatabase()
  const fixed = { url, maxConnections: 1, onChanged: () => undefined, onMissed: () => undefined }
  const store = await openPostgresStore({ ...fixed, onTrouble: (error) => t.error(error) })
  t.teardown(() => store.close())
  const stream = testStream()
  const session = await begin(store, stream)
  const lengths = Array.from({ length: 120 }, (_, index) => 10 * index)
  const told = lengths.map((length, index) => putFinding(index, { summary: `line\n\\.\t${'ü'.repeat(length)}` }))
  t.match(await store.apply(session, stream.batch(told)), { outcome: 'stored', ackedSeq: told.length })

  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(historyQueryOf('node-1'))
  await client.end()
  const stored = rows.map(historyRowOf).filter(({ op }) => op === 'put')
  t.strictSame(
    stored.map(({ value }) => JSON.parse(value ?? '').summary),
    told.map((change) => (change.op === 'put' && change.type === 'finding' ? change.value.summary : null)),
  )
})
