import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { t } from 'tap'
import { openSpool, seqs, spoolFolder } from '../helpers/spools.ts'
import { putFinding, recordingLog } from '../helpers/stream.ts'

t.test('keeps its files to their owner', async (t) => {
  const folder = spoolFolder(t)
  openSpool(t, { folder }).spool.append([putFinding('a')])

  t.equal(modeOf(folder), 0o700)
  const files = readdirSync(folder)
  t.strictSame(files.toSorted(), ['spool.sqlite', 'spool.sqlite-shm', 'spool.sqlite-wal', 'spool.sqlite.lock'])
  for (const file of files) t.equal(modeOf(join(folder, file)), 0o600, file)
})

t.test('belongs to one process, and to the next when that has let go', async (t) => {
  const folder = spoolFolder(t)
  const { spool } = openSpool(t, { folder })

  t.throws(() => openSpool(t, { folder }), { code: 'taken', message: /another process has .*spool\.sqlite/ })
  spool.close()
  t.strictSame(openSpool(t, { folder }).spool.gaps, [])
})

t.test('puts a useless file aside, says so, and begins anew', async (t) => {
  const ways: Record<string, (path: string) => void> = {
    'is no database': (path) => writeFileSync(path, 'x'.repeat(10_000)),
    'is cut': (path) => truncateSync(path, statSync(path).size - 4096),
    'holds another row': (path) => change(path, `UPDATE state SET row = replace(row, 'high', 'low')`),
    'lacks an event': (path) => change(path, 'DELETE FROM events WHERE seq = 1'),
    'lacks a table': (path) => change(path, 'DROP TABLE events'),
    'is of another version': (path) => change(path, 'PRAGMA user_version = 2'),
    'has no epoch': (path) => change(path, `UPDATE head SET epoch = 'x'`),
  }
  const root = t.testdir({})
  for (const [what, spoil] of Object.entries(ways)) {
    const folder = join(root, what.replaceAll(' ', '-'))
    const path = join(folder, 'spool.sqlite')
    const { spool: first } = openSpool(t, { folder })
    first.append(Array.from({ length: 30 }, (_, index) => putFinding(index)))
    first.close()
    spoil(path)
    const log = recordingLog()
    const { spool, state } = openSpool(t, { folder, log })

    t.not(spool.epoch, first.epoch, what)
    t.match(spool, { isUntold: true, isStuck: false, gaps: [] }, what)
    t.equal(state.size, 0)
    t.match(log.lines, [[/cannot be used/, { aside: `${path}.aside` }]], what)
    t.ok(existsSync(`${path}.aside`))
    spool.append([putFinding('a')])
    spool.close()
    t.strictSame(seqs(openSpool(t, { folder }).spool), [1], 'the new one is kept')
  }
})

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}
