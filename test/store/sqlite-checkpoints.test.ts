import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Test, t } from 'tap'
import { startCheckpoints } from '../../src/store/sqlite-checkpoints.ts'
import { fill, mountSmall, whyNoMount } from '../helpers/small-disk.ts'
import { until } from '../helpers/until.ts'

t.test('moves what was written into the file while the writer does nothing for it', async (t) => {
  const { path, database, isMoved } = writeRows(t, t.testdir({}))
  const checkpoints = startCheckpoints(path, () => t.fail('the thread failed'), 0)

  await until(() => isMoved() || undefined)
  await checkpoints.stop()
  t.match(database.prepare('SELECT count(*) AS count FROM rows').get(), { count: 100 })
})

t.test('goes on when the disk was full', { skip: whyNoMount() }, async (t) => {
  const small = await mountSmall(t)
  const { path, isMoved } = writeRows(t, small)
  fill(join(small, 'ballast'))
  const checkpoints = startCheckpoints(path, () => t.fail('the thread failed'), 0)
  t.teardown(() => checkpoints.stop())
  // SQLite's "WAL-mode File Format": how far a checkpoint has tried to come.
  await until(() => readFileSync(`${path}-shm`).readUInt32LE(128) > 0 || undefined)
  t.notOk(isMoved())
  rmSync(join(small, 'ballast'))

  await until(() => isMoved() || undefined)
})

t.test('says so when it cannot work, and can be stopped before it began', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  // The thread keeps no process alive.
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  const failing = startCheckpoints(join(t.testdir({}), 'missing', 'store.sqlite'), resolve, 0)
  await promise
  await failing.stop()
  await startCheckpoints('/nonexistent', () => t.fail('it began')).stop()
  t.pass()
})

/** Writes rows that stay in the journal. */
function writeRows(t: Test, folder: string) {
  const path = join(folder, 'store.sqlite')
  const database = new DatabaseSync(path)
  t.teardown(() => database.close())
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE rows (text)')
  const insert = database.prepare('INSERT INTO rows VALUES (?)')
  for (let row = 0; row < 100; row += 1) insert.run('x'.repeat(4096))
  const before = statSync(path).size
  return { path, database, isMoved: () => statSync(path).size > before + 100 * 4096 }
}
