import { Kysely } from 'kysely'
import { t } from 'tap'
import { ANNOUNCES_NOTHING } from '../../src/store/announcer.ts'
import { migrate } from '../../src/store/migrate.ts'
import { SqlStore } from '../../src/store/sql-store.ts'
import { nodeSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import type { Tables } from '../../src/store/tables.ts'
import { openSession, proofOf, testStores } from '../helpers/store.ts'
import { testStream } from '../helpers/stream.ts'

const RUN = 'a'.repeat(32)

testStores('lets agents in that come at the same time, each to a node of its own', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const streams = Array.from({ length: 20 }, (_, index) => testStream(`node-${index}`))
  const sessions = await Promise.all(streams.map((stream) => openSession(store, stream.hello())))

  t.equal(new Set(sessions.map(({ nodeId }) => nodeId)).size, 20)
  const staged = streams.map((stream, index) => {
    const session = sessions[index]
    return session && store.stage(session, stream.part())
  })
  for (const written of await Promise.all(staged)) t.match(written, { outcome: 'stored' })
  t.equal((await store.listNodes({ limit: 100 })).items.length, 20)
})

testStores('gives a node to one of two agents that claim it at the same time', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const hellos = ['one', 'two'].map((agentId) => testStream().hello({ agentId, node: 'node-1' }))

  t.match(await Promise.all(hellos.map((hello) => store.open(hello, proofOf(hello)))), [
    { outcome: 'opened', session: { node: 'node-1' } },
    { outcome: 'refused', reason: 'node-taken' },
  ])
})

testStores('binds a secret to one of two agents that show it at the same time', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const hellos = ['node-1', 'node-2'].map((name) => testStream(name).hello({ keepsSecret: true }))
  const proof = proofOf({ agentId: 'either' })

  t.match(await Promise.all(hellos.map((hello) => store.open(hello, proof))), [
    { outcome: 'opened', enrolled: true },
    { outcome: 'refused', reason: 'wrong-identity' },
  ])
})

testStores('fences the first of two hellos of one agent that come at the same time', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const hellos = [2, 3, 1].map((attempt) => stream.hello({ run: RUN, attempt }))
  const [first, second, late] = await Promise.all(hellos.map((hello) => store.open(hello, proofOf(hello))))

  t.match(second, { outcome: 'opened', enrolled: false, session: { number: 2 } })
  t.match(late, { outcome: 'refused', reason: 'fenced' })
  if (first?.outcome !== 'opened' || second?.outcome !== 'opened') return
  t.equal(first.session.nodeId, second.session.nodeId)
  t.strictSame(await store.stage(first.session, stream.part()), { outcome: 'fenced' })
  t.match(await store.stage(second.session, stream.part()), { outcome: 'stored' })
})

testStores('tells each of those who ask at the same time whether its secret is known', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const known = testStream().hello()
  await openSession(store, known)
  const unknown = testStream('node-2').hello()
  const hellos = [known, unknown, known]

  t.strictSame(await Promise.all(hellos.map((hello) => store.knowsSecret(proofOf(hello).secretHash))), [
    true,
    false,
    true,
  ])
  t.strictSame(await Promise.all(hellos.map((hello) => store.judge(hello, proofOf(hello, { enrols: 'no' })))), [
    null,
    'unknown-secret',
    null,
  ])
})

t.test('lets many in with as many statements as one', async (t) => {
  const one = await countStatements(1)

  t.ok(one > 0)
  t.equal(await countStatements(64), one)
})

async function countStatements(agents: number): Promise<number> {
  let statements = 0
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(':memory:'), log: () => void statements++ })
  await migrate(db, ':memory:')
  const store = new SqlStore({ db, clock: async () => Date.now(), announcer: ANNOUNCES_NOTHING })
  const hellos = Array.from({ length: agents }, (_, index) => testStream(`node-${index}`).hello())
  statements = 0
  await Promise.all(
    hellos.map(async (hello) => {
      await store.knowsSecret(proofOf(hello).secretHash)
      await store.judge(hello, proofOf(hello))
      return openSession(store, hello)
    }),
  )
  await store.close()
  return statements
}
