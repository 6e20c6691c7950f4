import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { t } from 'tap'
import type { CommandNews } from '../../src/store/command-store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { CursorError, type Store } from '../../src/store/store.ts'
import { StoreThread } from '../../src/store/store-thread.ts'
import { openThreadedStore } from '../../src/store/threaded-store.ts'
import { begin, proofOf } from '../helpers/store.ts'
import { deleteFinding, findingId, putFinding, readHistory, testStream } from '../helpers/stream.ts'

const PAGE = { limit: 10 }

t.test('keeps and tells the same as a store in this thread', async (t) => {
  const folder = t.testdir()
  const paths = [join(folder, 'threaded.sqlite'), join(folder, 'plain.sqlite')] as const
  const stores = [
    await openThreadedStore(at(paths[0])),
    await openSqliteStore({ path: paths[1], now: Date.now }),
  ] as const
  const [threaded, plain] = await Promise.all(stores.map(live))

  t.strictSame(threaded, plain)
  t.match(threaded?.told[0], { outcome: 'stored', ackedSeq: 2, changed: { node: 'node-1', types: ['finding'] } })
  t.match(threaded?.seen[0], [{ id: findingId('a'), status: 'open', node: 'node-1' }, { id: findingId('b') }])
  await Promise.all(stores.map((store) => store.close()))
  t.strictSame(withoutTimes(paths[0]), withoutTimes(paths[1]))
})

t.test('takes a batch that came again with more behind it', async (t) => {
  const { store } = await open(t.testdir())
  t.teardown(() => store.close())
  const stream = testStream()
  const session = await begin(store, stream)
  const first = stream.batch([putFinding('a'), putFinding('b')])
  const second = stream.batch([deleteFinding('a')])
  await store.apply(session, first)

  const again = { ...second, firstSeq: 1, events: [...first.events, ...second.events] }
  t.match(await store.apply(session, again), { outcome: 'stored', ackedSeq: 3, wantSnapshot: false })
  t.match((await store.listFindings({ status: 'open' }, PAGE)).items, [{ id: findingId('b') }])
})

t.test('makes files that only their owner can read', async (t) => {
  const { store, path } = await open(t.testdir())
  t.teardown(() => store.close())
  await begin(store, testStream())
  const modes = ['', '-wal', '-shm'].map((suffix) => statSync(path + suffix).mode & 0o777)

  t.strictSame(modes, [0o600, 0o600, 0o600])
})

t.test('tells what was wrong as a store in this thread does', async (t) => {
  const { store, path } = await open(t.testdir({ 'garbage.sqlite': 'x'.repeat(10_000) }))
  const problem = await store.listFindings({}, { ...PAGE, cursor: 'none of ours' }).catch((error: unknown) => error)
  t.ok(problem instanceof CursorError)
  await store.close()
  const database = new DatabaseSync(path)
  database.exec(`insert into kysely_migration values ('9999-later', '2030-01-01')`)
  database.close()

  await t.rejects(openThreadedStore(at(path)), { code: 'later-version', message: new RegExp(path) })
  const garbage = { message: /garbage.sqlite/, cause: { message: 'file is not a database', code: 'ERR_SQLITE_ERROR' } }
  await t.rejects(openThreadedStore(at(join(path, '..', 'garbage.sqlite'))), garbage)
  await t.rejects(openThreadedStore(at('/nowhere/store.sqlite')), { message: /nowhere/ })
})

t.test('lets a write that was begun finish before it closes', async (t) => {
  const { store } = await open(t.testdir())
  const { hello } = testStream()
  const opening = store.open(hello(), proofOf(hello()))
  await store.close()

  t.match(await opening, { outcome: 'opened' })
})

t.test('brings commands to the thread, and news of them back', async (t) => {
  const news: CommandNews[] = []
  const path = join(t.testdir(), 'store.sqlite')
  const store = await openThreadedStore({ ...at(path), onCommandNews: (told) => news.push(told) })
  t.teardown(() => store.close())
  await begin(store, testStream())
  const command = { id: 'c1', node: 'node-1', question: 'scan', timeoutMs: 10_000 }

  t.equal(await store.commands.post(command), 'posted')
  t.strictSame(await store.commands.listPosted(), [{ id: 'c1', node: 'node-1' }])
  t.match(await store.commands.take('c1'), { question: 'scan' })
  t.equal(await store.commands.answer('c1', 'done'), true)
  t.strictSame(await store.commands.read('c1'), { isTaken: true, answer: 'done' })
  t.equal(await store.commands.withdraw('c1'), false)
  await store.commands.drop('c1')
  t.equal(await store.commands.read('c1'), null)
  t.strictSame(
    news.map((told) => told.kind),
    ['posted', 'taken', 'answered'],
  )
})

t.test('leaves nobody waiting for a thread that has ended', async (t) => {
  const onLost = () => t.fail('it was ended by us')
  const thread = new StoreThread({ ...at(join(t.testdir(), 'store.sqlite')), onLost })
  await thread.opened
  const ending = thread.end()
  await t.rejects(thread.ask('ping'), { message: "the store's thread ended" })
  await ending

  await t.rejects(thread.ask('ping'), { message: "the store's thread ended" })
})

/** A place of whose commands, and of whose end, nobody hears. */
function at(path: string) {
  return { path, onCommandNews: () => undefined, onLost: () => undefined }
}

async function open(folder: string): Promise<{ readonly store: Store; readonly path: string }> {
  const path = join(folder, 'store.sqlite')
  return { store: await openThreadedStore(at(path)), path }
}

/** What a store tells while findings come and go, but for the times. */
async function live(store: Store) {
  const stream = testStream()
  const session = await begin(store, stream)
  const told = [
    await store.apply(session, stream.batch([putFinding('a'), putFinding('b')])),
    await store.apply(session, stream.batch([deleteFinding('a'), putFinding('b', { severity: 'low' })])),
    await store.stage(session, stream.part()),
  ]
  const seen = told.map((written) =>
    written.outcome === 'stored'
      ? written.changed?.findings.map(({ id, status, severity, node, episodes }) => ({
          id,
          status,
          severity,
          node,
          episodes,
        }))
      : null,
  )
  const page = await store.listFindings({}, PAGE)
  const listed = page.items.map(({ id, status, severity }) => ({ id, status, severity }))
  return { told: told.map(({ ...written }) => JSON.parse(JSON.stringify(written))), seen, listed }
}

function withoutTimes(path: string) {
  return readHistory(path).map((row) => ({ ...row, receivedAt: 0, epoch: '' }))
}
