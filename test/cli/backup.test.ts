import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { nsentinel } from '../helpers/cli.ts'
import { begin, proofOf } from '../helpers/store.ts'
import { putFinding, readHistory, testStream } from '../helpers/stream.ts'

t.setTimeout(120_000)

t.test('copies a store while it is written, and the copy is a store of one moment', async (t) => {
  const directory = t.testdir({})
  const path = join(directory, 'store.db')
  const copy = join(directory, 'copy.db')
  const store = await openSqliteStore({ path, now: Date.now })
  t.teardown(() => store.close())
  const stream = testStream()
  const session = await begin(store, stream)
  const running = nsentinel(['collector', 'backup', copy, '--store', path])
  let stored = 0
  while (!existsSync(copy) && stored < 100_000) {
    await store.apply(session, stream.batch([putFinding('a', { summary: `${stored}` }), putFinding('b')]))
    stored += 2
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { exitCode, stderr } = await running

  t.equal(exitCode, 0, stderr)
  t.equal(statSync(copy).mode & 0o777, 0o600)
  t.strictSame(
    readdirSync(directory).filter((name) => name.includes('partial')),
    [],
  )
  const restored = await openSqliteStore({ path: copy, now: Date.now })
  t.teardown(() => restored.close())
  const seqs = readHistory(copy).flatMap(({ seq, ord }) => (ord === 0 ? [seq] : []))
  t.strictSame(
    seqs,
    Array.from({ length: seqs.length }, (_, index) => index + 1),
  )
  t.equal(seqs.length % 2, 0, 'a batch is in it whole or not at all')
  const hello = stream.hello()
  const resumed = await restored.open(hello, proofOf(hello))
  t.match(resumed, { outcome: 'opened', want: 'resume', ackedSeq: seqs.length })
})

t.test('replaces nothing, and makes no store where there is none', async (t) => {
  const directory = t.testdir({})
  const path = join(directory, 'store.db')
  const none = await nsentinel(['collector', 'backup', join(directory, 'copy'), '--store', path])
  t.equal(none.exitCode, 2)
  t.match(none.stderr, `--store: expected a store, got ${path}: it is not there`)

  await (await openSqliteStore({ path, now: Date.now })).close()
  const there = await nsentinel(['collector', 'backup', path, '--store', path])
  t.equal(there.exitCode, 2)
  writeFileSync(join(directory, 'text'), 'no database, but long enough to be taken for one'.repeat(100))
  const other = await nsentinel(['collector', 'backup', join(directory, 'copy'), '--store', join(directory, 'text')])
  t.equal(other.exitCode, 3)
  t.strictSame(
    readdirSync(directory).filter((name) => name.startsWith('copy')),
    [],
  )
})
