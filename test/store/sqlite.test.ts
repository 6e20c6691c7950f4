import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { t } from 'tap'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { begin, proofOf } from '../helpers/store.ts'
import { putFinding, testStream } from '../helpers/stream.ts'

const PAGE = { limit: 10 }

t.test('makes files that only their owner can read', async (t) => {
  const path = join(t.testdir(), 'store.sqlite')
  const store = await openSqliteStore({ path, now: Date.now })
  const umask = process.umask()
  await begin(store, testStream())

  t.strictSame(
    ['', '-wal', '-shm'].map((suffix) => statSync(path + suffix).mode & 0o777),
    [0o600, 0o600, 0o600],
  )
  t.equal(process.umask(), umask)
  await store.close()
})

t.test('finds everything again, and nobody connected, after it was closed', async (t) => {
  const path = join(t.testdir(), 'store.sqlite')
  const first = await openSqliteStore({ path, now: Date.now })
  const stream = testStream()
  const session = await begin(first, stream)
  await first.apply(session, stream.batch([putFinding('a')]))
  await first.close()

  const second = await openSqliteStore({ path, now: Date.now })
  t.teardown(() => second.close())
  t.match(await second.readNode('node-1'), { status: 'late', openFindings: { high: 1 } })
  t.match(await second.open(stream.hello(), proofOf(stream.hello())), { want: 'resume', ackedSeq: 1 })
})

t.test('keeps everything in memory where asked', async (t) => {
  const store = await openSqliteStore({ path: ':memory:', now: Date.now })
  t.teardown(() => store.close())
  await begin(store, testStream())

  t.equal((await store.listNodes(PAGE)).items.length, 1)
})

t.test('refuses a file that is no database, and one of a later version, and names it', async (t) => {
  const garbage = join(t.testdir({ 'garbage.sqlite': 'x'.repeat(10_000) }), 'garbage.sqlite')
  await t.rejects(openSqliteStore({ path: garbage, now: Date.now }), { message: new RegExp(garbage) })
  await t.rejects(openSqliteStore({ path: '/nowhere/store.sqlite', now: Date.now }), { message: /nowhere/ })

  const later = join(t.testdir(), 'later.sqlite')
  await (await openSqliteStore({ path: later, now: Date.now })).close()
  const database = new DatabaseSync(later)
  database.exec(`insert into kysely_migration values ('9999-later', '2030-01-01')`)
  database.close()
  await t.rejects(openSqliteStore({ path: later, now: Date.now }), { message: new RegExp(later) })
})

t.test('lets a write that was begun finish before it closes', async (t) => {
  const path = join(t.testdir(), 'store.sqlite')
  const store = await openSqliteStore({ path, now: Date.now })
  const opening = store.open(testStream().hello(), proofOf(testStream().hello()))
  await store.close()

  t.match(await opening, { outcome: 'opened' })
})
