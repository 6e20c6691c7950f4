import { type Test, t } from 'tap'
import type { Change } from '../../src/model/changes.ts'
import { openPostgresStore, type PostgresStoreOptions } from '../../src/store/postgres.ts'
import type { Changed, Store } from '../../src/store/store.ts'
import { finding } from '../helpers/builders.ts'
import { type Postgres, startPostgres, whyNoPostgres } from '../helpers/postgres.ts'
import { begin, openSession, proofOf } from '../helpers/store.ts'
import { findingId, putFinding, testStream } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

// Every test starts a server or stops it, which takes seconds where the machine is busy.
t.setTimeout(180_000)

const RUN = 'a'.repeat(32)

interface Replica {
  readonly store: Store
  /** What it was told that others committed. */
  readonly heard: Changed[]
  readonly figures: { missed: number; troubles: number }
}

async function openReplica(t: Test, url: string, given: Partial<PostgresStoreOptions> = {}): Promise<Replica> {
  const heard: Changed[] = []
  const figures = { missed: 0, troubles: 0 }
  const store = await openPostgresStore({
    url,
    maxConnections: 4,
    onChanged: (changed) => void heard.push(changed),
    onMissed: () => void figures.missed++,
    onTrouble: () => void figures.troubles++,
    ...given,
  })
  t.teardown(() => store.close())
  return { store, heard, figures }
}

t.test('collectors of one PostgreSQL database', { skip: whyNoPostgres() }, async (t) => {
  const server: Postgres = await startPostgres()
  t.teardown(() => server.stop())

  t.test('make one schema when they start at once', async (t) => {
    const url = await server.createDatabase()
    const [first, second] = await Promise.all([openReplica(t, url), openReplica(t, url)])

    t.strictSame(await first.store.listNodes({ limit: 10 }), await second.store.listNodes({ limit: 10 }))
  })

  t.test('begin epochs at the same time, each with a number of its own', async (t) => {
    const url = await server.createDatabase()
    const [one, other] = [await openReplica(t, url), await openReplica(t, url)]
    const streams = Array.from({ length: 40 }, (_, index) => testStream(`node-${index}`))
    await Promise.all(streams.map((stream, index) => begin(index % 2 === 0 ? one.store : other.store, stream)))

    const { items } = await one.store.listEvents({}, { limit: 100 })
    t.equal(new Set(items.map(({ epoch }) => epoch)).size, 40)
    t.match([one.figures, other.figures], [{ troubles: 0 }, { troubles: 0 }])
  })

  t.test('refuse what a connection writes whose agent has moved on to another collector', async (t) => {
    const url = await server.createDatabase()
    const [old, other] = [await openReplica(t, url), await openReplica(t, url)]
    const stream = testStream()
    const zombie = await begin(old.store, stream, { run: RUN })
    const moved = await openSession(other.store, stream.hello({ run: RUN }))
    const batch = stream.batch([putFinding('a')])

    t.strictSame(await old.store.apply(zombie, batch), { outcome: 'fenced' })
    t.match(await other.store.apply(moved, batch), { outcome: 'stored', ackedSeq: 1 })
    await old.store.end(zombie)
    t.match(await old.store.readNode('node-1'), { status: 'online', openFindings: { high: 1 } })
  })

  t.test(
    'tell only that findings changed whose ids are too long to tell: an agent makes its ids up itself',
    async (t) => {
      const url = await server.createDatabase()
      const [mine, other] = [await openReplica(t, url), await openReplica(t, url)]
      const stream = testStream()
      const session = await begin(mine.store, stream)
      const puts = Array.from({ length: 100 }, (_, index): Change => {
        const id = `${index}`.padStart(4, '0').padEnd(256, '\u{1f600}')
        return { op: 'put', at: 1, type: 'finding', key: id, value: finding({ id }) }
      })

      t.match(await mine.store.apply(session, stream.batch(puts)), { outcome: 'stored', ackedSeq: 100 })
      const heard = await until(async () => other.heard.find(({ types }) => types.includes('finding')))
      t.match(heard, { node: 'node-1', findings: [] })
    },
  )

  t.test('make nothing of a hello that its agent said before it moved on', async (t) => {
    const url = await server.createDatabase()
    const [frozen, other] = [await openReplica(t, url), await openReplica(t, url)]
    const stream = testStream()
    const early = stream.hello({ run: RUN, attempt: 1 })
    const moved = await begin(other.store, stream, { run: RUN, attempt: 2 })
    t.match(await other.store.apply(moved, stream.batch([putFinding('a')])), { ackedSeq: 1 })

    t.match(await frozen.store.open(early, proofOf(early)), { outcome: 'refused', reason: 'fenced' })
    t.match(await other.store.apply(moved, stream.batch([putFinding('b')])), { outcome: 'stored', ackedSeq: 2 })
  })

  t.test('ask each other whether an agent lives whose identity another process claims', async (t) => {
    const url = await server.createDatabase()
    const living = new Set<string>()
    const [first, second] = [
      await openReplica(t, url, { isAlive: async (agentId) => living.has(agentId) }),
      await openReplica(t, url),
    ]
    const stream = testStream()
    const session = await begin(first.store, stream, { run: RUN })
    living.add('agent-of-node-1')
    const copy = stream.hello({ run: 'b'.repeat(32) })
    const contested = await second.store.open(copy, proofOf(copy))

    if (contested.outcome !== 'contested') throw new Error(contested.outcome)
    t.equal(contested.session, session.number)
    t.equal(await contested.isAlive(), true)
    living.clear()
    t.equal(await contested.isAlive(), false)
    t.match(await second.store.open(copy, proofOf(copy), contested.session - 1), { outcome: 'contested' })
    t.match(await second.store.open(copy, proofOf(copy), contested.session), { outcome: 'opened' })
    t.strictSame(await first.store.apply(session, stream.batch([putFinding('a')])), { outcome: 'fenced' })
  })

  t.test('make one node of agents that come to both at once', async (t) => {
    const url = await server.createDatabase()
    const [first, second] = [await openReplica(t, url), await openReplica(t, url)]
    const hellos = Array.from({ length: 20 }, (_, index) =>
      testStream().hello({ agentId: `agent-${index}`, node: `node-${index}`, run: RUN }),
    )
    await Promise.all([first, second].flatMap(({ store }) => hellos.map((hello) => openSession(store, hello))))

    const { items } = await first.store.listNodes({ limit: 100 })
    t.equal(items.length, hellos.length)
  })

  t.test('tell each other what they commit, with its findings, and not themselves', async (t) => {
    const url = await server.createDatabase()
    const [writer, watcher] = [await openReplica(t, url), await openReplica(t, url)]
    const stream = testStream()
    // What is committed before the other one listens is not told to it.
    const session = await begin(writer.store, stream)
    await until(async () => {
      await writer.store.look(session, {
        takenAt: 1,
        durationMs: 1,
        processes: 1,
        threads: 1,
        residentBytes: 1,
        cpuMs: 1,
      })
      return watcher.heard.length > 0 ? true : undefined
    })
    await writer.store.apply(session, stream.batch([putFinding('a')]))

    const told = await until(() => watcher.heard.find(({ findings }) => findings.length > 0))
    t.match(told, { node: 'node-1', types: ['finding'], findings: [{ id: findingId('a'), status: 'open' }] })
    t.strictSame(writer.heard, [])
  })

  t.test('hold back what agents send while the database is gone, and lose nothing of it', async (t) => {
    const url = await server.createDatabase()
    const { store, figures } = await openReplica(t, url)
    const stream = testStream()
    const session = await begin(store, stream)
    await server.halt('fast')
    const written = store.apply(session, stream.batch([putFinding('a')]))
    await until(() => (figures.troubles > 0 ? true : undefined))
    await t.rejects(store.ping())
    await server.start()

    t.match(await written, { outcome: 'stored', ackedSeq: 1 })
    t.equal((await store.listFindings({}, { limit: 10 })).items.length, 1)
    await until(() => (figures.missed > 0 ? true : undefined))
  })

  t.test('outlive a database that goes between two statements of a transaction', async (t) => {
    const url = await server.createDatabase()
    const stream = testStream()
    let breaks = false
    const clock = async () => {
      if (breaks) {
        breaks = false
        await server.halt('immediate')
        await server.start()
      }
      return stream.hello().at
    }
    const { store, figures } = await openReplica(t, url, { clock })
    const session = await begin(store, stream)
    breaks = true

    t.match(await store.apply(session, stream.batch([putFinding('a')])), { outcome: 'stored', ackedSeq: 1 })
    t.not(figures.troubles, 0)
  })
})
