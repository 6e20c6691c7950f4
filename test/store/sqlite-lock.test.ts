import { readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { t } from 'tap'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { lockStore } from '../../src/store/sqlite-lock.ts'

const TAKEN = { code: 'store-taken', message: new RegExp(`another collector uses .*: process ${process.pid}$`) }

t.test('belongs to one collector, and to the next when that has closed it', async (t) => {
  const path = join(t.testdir(), 'store.sqlite')
  const first = await openSqliteStore({ path, now: Date.now })

  await t.rejects(openSqliteStore({ path, now: Date.now }), TAKEN)
  await first.close()
  await first.close()
  await (await openSqliteStore({ path, now: Date.now })).close()
})

t.test('is one store by whatever name, and not the one beside it', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'store.sqlite')
  using _lock = lockStore(path)
  symlinkSync('store.sqlite', join(folder, 'named'))

  t.throws(() => lockStore(join(folder, 'named')), TAKEN)
  lockStore(join(folder, 'other'))[Symbol.dispose]()
})

t.test('is free again when the store could not be opened', async (t) => {
  const path = join(t.testdir({ garbage: 'x'.repeat(10_000) }), 'garbage')
  await t.rejects(openSqliteStore({ path, now: Date.now }), { message: /could not read/ })

  lockStore(path)[Symbol.dispose]()
})

t.test('keeps nothing in the file of its lock, which only its owner can read', async (t) => {
  const folder = t.testdir()
  using _lock = lockStore(join(folder, 'store.sqlite'))
  const { size, mode } = statSync(join(folder, 'store.sqlite.lock'))

  t.strictSame(readdirSync(folder).toSorted(), ['store.sqlite', 'store.sqlite.lock'])
  t.equal(size, 0)
  t.equal(mode & 0o777, 0o600)
})
