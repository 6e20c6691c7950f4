import { truncateSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { execa } from 'execa'
import { t } from 'tap'
import { inspectSpool } from '../../src/transport/spool-inspect.ts'
import { spoolPathOf } from '../../src/transport/spool-place.ts'
import { openSqliteSpool } from '../../src/transport/sqlite-spool.ts'
import { mountSmall, whyNoMount } from '../helpers/small-disk.ts'
import { putFinding, quiet } from '../helpers/stream.ts'

t.test('says that a folder holds no spool, and makes none', async (t) => {
  const folder = t.testdir({})
  const cause = { code: 'gone', message: 'there is none: no agent has used this directory' }

  t.throws(() => inspectSpool(folder), { message: `cannot inspect the spool ${spoolPathOf(folder)}`, cause })
  t.throws(() => inspectSpool(folder), { cause })
})

t.test('says that a spool is of another version, whatever else is in it', async (t) => {
  const folder = fillFolder(t.testdir({}))
  const database = new DatabaseSync(spoolPathOf(folder))
  database.exec('PRAGMA user_version = 99; DROP TABLE events')
  database.close()

  t.throws(() => inspectSpool(folder), { cause: { code: 'version', message: /^it is of version 99, not 1: / } })
})

t.test('says that a spool is damaged', async (t) => {
  const folder = fillFolder(t.testdir({}))
  truncateSync(spoolPathOf(folder), 5000)

  t.throws(() => inspectSpool(folder), { cause: { message: 'database disk image is malformed' } })
})

t.test('reads a spool on a disk that takes nothing any more', { skip: whyNoMount() }, async (t) => {
  const folder = fillFolder(await mountSmall(t))
  await execa('mount', ['-o', 'remount,ro', folder])

  t.match(inspectSpool(folder), { integrity: 'ok', waiting: 2, firstSeq: 1, nextSeq: 3 })
})

/** Leaves a spool in a folder in which two changes wait. */
function fillFolder(folder: string): string {
  const { spool } = openSqliteSpool({ folder, log: quiet })
  spool.append([putFinding('a'), putFinding('b')])
  spool.close()
  return folder
}
