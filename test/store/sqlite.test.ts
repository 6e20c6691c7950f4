import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { t } from 'tap'
import { openDatabase } from '../../src/store/open-database.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { nodeSqliteDialect } from '../../src/store/sqlite-dialect.ts'
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

t.test('is opened beside a collector that is writing', async (t) => {
  const path = join(t.testdir(), 'store.sqlite')
  const store = await openSqliteStore({ path, now: Date.now })
  t.teardown(() => store.close())
  const writer = new DatabaseSync(path)
  t.teardown(() => writer.close())
  writer.exec('begin immediate; update retention set pruned_until = 1')
  const { db } = await openDatabase({ kind: 'sqlite', path })
  t.teardown(() => db.destroy())

  t.strictSame(await db.selectFrom('nodes').selectAll().execute(), [])
  writer.exec('rollback')
  t.match(writer.prepare('pragma page_size').get(), { page_size: 8192 })
  t.match(writer.prepare('pragma auto_vacuum').get(), { auto_vacuum: 2 })
})

t.test('keeps everything in memory where asked', async (t) => {
  const store = await openSqliteStore({ path: ':memory:', now: Date.now })
  t.teardown(() => store.close())
  await begin(store, testStream())

  t.equal((await store.listNodes(PAGE)).items.length, 1)
})

t.test('refuses a file that is no database, and names it', async (t) => {
  const garbage = join(t.testdir({ 'garbage.sqlite': 'x'.repeat(10_000) }), 'garbage.sqlite')
  await t.rejects(openSqliteStore({ path: garbage, now: Date.now }), { message: new RegExp(garbage) })
  await t.rejects(openSqliteStore({ path: '/nowhere/store.sqlite', now: Date.now }), { message: /nowhere/ })
})

t.test('refuses a file of a later version, says so, and leaves it as it is', async (t) => {
  const path = join(t.testdir(), 'later.sqlite')
  await (await openSqliteStore({ path, now: Date.now })).close()
  const database = new DatabaseSync(path)
  database.exec(`insert into kysely_migration values ('9999-later', '2030-01-01')`)
  database.close()
  const before = schemaOf(path)

  await t.rejects(openSqliteStore({ path, now: Date.now }), {
    code: 'later-version',
    message: new RegExp(`${path} was written by a later version of nsentinel \\(9999-later\\)`),
  })
  t.strictSame(schemaOf(path), before)
})

t.test('makes a step of the schema whole or not at all', async (t) => {
  const path = join(t.testdir(), 'store.sqlite')
  const db = new Kysely<unknown>({ dialect: nodeSqliteDialect(path) })
  const failing: Migration = {
    async up(step) {
      await step.schema.createTable('half').addColumn('id', 'integer').execute()
      throw new Error('no further')
    },
  }
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => ({ failing }) } }).migrateToLatest()
  const tables = await db.introspection.getTables()
  await db.destroy()

  t.match(error, { message: 'no further' })
  t.notOk(tables.some(({ name }) => name === 'half'))
})

t.test('lets a write that was begun finish before it closes', async (t) => {
  const path = join(t.testdir(), 'store.sqlite')
  const store = await openSqliteStore({ path, now: Date.now })
  const opening = store.open(testStream().hello(), proofOf(testStream().hello()))
  await store.close()

  t.match(await opening, { outcome: 'opened' })
})

function schemaOf(path: string) {
  const database = new DatabaseSync(path, { readOnly: true })
  const tables = database.prepare('select sql from sqlite_master').all()
  const steps = database.prepare('select name, timestamp from kysely_migration').all()
  database.close()
  return { tables, steps }
}
