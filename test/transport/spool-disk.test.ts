import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { t } from 'tap'
import { openSqliteSpool } from '../../src/transport/sqlite-spool.ts'
import { openSpool, seqs, spoolFolder } from '../helpers/spools.ts'
import { putFinding, quiet, recordingLog } from '../helpers/stream.ts'

t.test('makes a file anew that was taken away or replaced, and loses nothing', async (t) => {
  const ways: Record<string, (path: string) => void> = {
    file: (path) => rmSync(path),
    journal: (path) => rmSync(`${path}-wal`),
    folder: (path) => rmSync(join(path, '..'), { recursive: true }),
  }
  const root = t.testdir({})
  for (const [what, takeAway] of Object.entries(ways)) {
    const folder = join(root, what)
    const log = recordingLog()
    const { spool } = openSpool(t, { folder, log })
    spool.append([putFinding('a'), putFinding('b')])
    spool.acknowledge(1)
    takeAway(join(folder, 'spool.sqlite'))
    spool.append([putFinding('c')])

    t.strictSame(seqs(spool), [2, 3], what)
    t.match(log.lines, [[/going on in memory/, { err: { code: 'gone' } }], [/written again/]], what)
    t.throws(() => openSqliteSpool({ folder, log: quiet }), { code: 'taken' }, 'nobody else can have it')
    spool.close()
    t.match(openSpool(t, { folder }).spool, { epoch: spool.epoch, firstSeq: 2, nextSeq: 4 }, what)
  }
})

t.test('notices at its next look that its file was taken away', async (t) => {
  const folder = spoolFolder(t)
  const { spool } = openSpool(t, { folder })
  spool.append([putFinding('a')])
  rmSync(join(folder, 'spool.sqlite'))
  spool.tend()
  spool.close()

  t.strictSame(seqs(openSpool(t, { folder }).spool), [1])
})

t.test('holds back what the disk does not take, until it does', async (t) => {
  const folder = spoolFolder(t)
  const { spool } = openSpool(t, { folder })
  spool.append([putFinding('a')])
  const unblock = block(join(folder, 'spool.sqlite'))
  spool.append([putFinding('b')])

  t.match(spool, { isStuck: true, nextSeq: 3, gaps: [{ source: 'spool', reason: 'denied', affects: [] }] })
  t.strictSame(seqs(spool), [1])
  unblock()
  spool.tend()
  t.match(spool, { isStuck: false, gaps: [] })
  t.strictSame(seqs(spool), [1, 2])
  spool.close()
  t.strictSame(seqs(openSpool(t, { folder }).spool), [1, 2])
})

t.test('sends in an epoch that its file does not know while the disk takes nothing', async (t) => {
  const folder = spoolFolder(t)
  const log = recordingLog()
  const { spool } = openSpool(t, { folder, log })
  spool.append([putFinding('a')])
  const { epoch } = spool
  const unblock = block(join(folder, 'spool.sqlite'))
  spool.append([putFinding('b')])
  spool.renew()
  spool.append([putFinding('c')])

  t.not(spool.epoch, epoch)
  t.match(spool, { isStuck: false, firstSeq: 3 })
  t.strictSame(seqs(spool), [3])
  t.equal(countOf(log, /going on in memory/), 1, 'says it once')
  unblock()
  spool.tend()
  spool.close()
  t.match(openSpool(t, { folder }).spool, { epoch: spool.epoch, firstSeq: 3, nextSeq: 4 })
})

t.test('lives in memory where its folder cannot be made, and moves in when it can', async (t) => {
  const folder = join(t.testdir({ file: '' }), 'file', 'state')
  const log = recordingLog()
  const { spool } = openSpool(t, { folder, log })
  spool.append([putFinding('a')])

  t.match(spool, { isStuck: false, gaps: [{ reason: 'denied', detail: /ENOTDIR|EEXIST/ }] })
  t.strictSame(seqs(spool), [1])
  rmSync(join(folder, '..'))
  spool.tend()
  t.strictSame(spool.gaps, [])
  spool.close()
  t.strictSame(seqs(openSpool(t, { folder }).spool), [1])
})

/** Keeps a file's writers out until it is called again. */
function block(path: string): () => void {
  const database = new DatabaseSync(path)
  database.exec('BEGIN IMMEDIATE')
  return () => database.close()
}

function countOf({ lines }: { readonly lines: readonly (readonly [string, object])[] }, pattern: RegExp): number {
  return lines.filter(([message]) => pattern.test(message)).length
}
