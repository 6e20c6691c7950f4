import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Kysely, sql } from 'kysely'
import { type Test, t } from 'tap'
import { nodeSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import { createJournalBound } from '../../src/store/sqlite-journal.ts'
import type { Tables } from '../../src/store/tables.ts'
import { fill, mountSmall, whyNoMount } from '../helpers/small-disk.ts'

t.test('leaves room on a small disk, on which a journal could else never be moved again', async (t) => {
  t.test('with no thread that moves it', { skip: whyNoMount() }, async (t) => {
    const small = await mountSmall(t)
    const { db, path, bound } = open(t, small)
    await bound.set()
    await sql`create table rows (text)`.execute(db)
    const text = 'x'.repeat(4096)
    // 6 MiB, of which the journal alone would have held more than twice as much: each row is a page or two.
    for (let row = 0; row < 1500; row += 1) await sql`insert into rows values (${text})`.execute(db)

    t.ok(statSync(`${path}-wal`).size < 2 << 20, 'the journal began anew')
    t.ok(statSync(path).size > 5 << 20, 'the rows are in the file')
  })

  t.test('and takes up with less and more room', { skip: whyNoMount() }, async (t) => {
    const small = await mountSmall(t)
    const { db, bound } = open(t, small)
    await bound.set()
    const before = await pagesOf(db)
    fill(join(small, 'ballast'))
    await bound.set()
    t.equal(await pagesOf(db), 100)
    rmSync(join(small, 'ballast'))
    await bound.set()
    t.equal(await pagesOf(db), before)
    t.ok(before > 100)
  })
})

t.test('is bounded by the room at the most, and where the writer is alone by less', async (t) => {
  const { db, bound } = open(t, t.testdir({}))
  await bound.set()
  const most = await pagesOf(db)
  t.ok(most <= 32_768)
  await bound.takeOver()
  const alone = Math.min(most, 2000)
  t.equal(await pagesOf(db), alone)
  await bound.set()
  t.equal(await pagesOf(db), alone, 'and it stays so')
})

function open(t: Test, folder: string) {
  const path = join(folder, 'store.sqlite')
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(path) })
  t.teardown(() => db.destroy())
  return { db, path, bound: createJournalBound(db, path) }
}

async function pagesOf(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<Record<string, number>>`pragma wal_autocheckpoint`.execute(db)
  return rows[0]?.['wal_autocheckpoint'] ?? Number.NaN
}
