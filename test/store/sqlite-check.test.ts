import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Kysely } from 'kysely'
import { type Test, t } from 'tap'
import { createCheck } from '../../src/store/sqlite-check.ts'
import { nodeSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import type { Tables } from '../../src/store/tables.ts'
import { fill, mountSmall, whyNoMount } from '../helpers/small-disk.ts'

t.test('says that the disk is full, until it is not', { skip: whyNoMount() }, async (t) => {
  const small = await mountSmall(t)
  const { check, clock } = await open(t, small)
  fill(join(small, 'ballast'))
  await check()

  clock.elapsedMs += 1000
  await t.rejects(check(), { message: /full/ })
  rmSync(join(small, 'ballast'))
  await t.rejects(check(), { message: /full/ }, 'it is the answer of this second')
  clock.elapsedMs += 1000
  await check()
})

t.test('writes to the disk once a second, however often it is asked', async (t) => {
  const { check, clock, journalBytes } = await open(t, t.testdir())
  const before = journalBytes()
  clock.elapsedMs += 999
  await Promise.all([check(), check()])
  t.equal(journalBytes(), before)

  clock.elapsedMs += 1
  await Promise.all([check(), check()])
  const grown = journalBytes() - before
  t.ok(grown > 8192 && grown < 16_384, `${grown} bytes: one page`)
})

/** Opens a database in the folder and checks it once. */
async function open(t: Test, folder: string) {
  const path = join(folder, 'store.sqlite')
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(path) })
  t.teardown(() => db.destroy())
  await db.schema.createTable('some').addColumn('id', 'integer').execute()
  const clock = { elapsedMs: 0 }
  const check = createCheck(db, path, () => clock.elapsedMs)
  await check()
  return { check, clock, journalBytes: () => statSync(`${path}-wal`).size }
}
