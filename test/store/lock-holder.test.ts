import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { t } from 'tap'
import { parseLockHolders, readLockHolder } from '../../src/store/lock-holder.ts'

// As Linux 6.18 writes it.
const LOCKS = `1: FLOCK  ADVISORY  WRITE 11 103:403:77 0 EOF
2: POSIX  ADVISORY  READ  12 103:403:77 124 124
3: POSIX  ADVISORY  WRITE 13 103:404:77 1073741824 1073742335
4: POSIX  ADVISORY  WRITE 14 103:403:771 1073741824 1073742335
4: -> POSIX  ADVISORY  WRITE 15 103:403:77 1073741824 1073742335
5: OFDLCK ADVISORY  WRITE -1 103:403:77 0 0
6: POSIX  ADVISORY  WRITE 16 103:403:77 1073741824 1073742335
7: POSIX  ADVISORY  WRITE 17 fe:00:78 1073741824 1073742335
`

t.test('tells who has a lock to write, not who reads, waits or locks otherwise', async (t) => {
  t.strictSame(parseLockHolders(LOCKS, 77), [13, 16])
  t.strictSame(parseLockHolders(LOCKS, 78), [17])
})

t.test('knows nobody where the kernel shows nobody', async (t) => {
  t.strictSame(parseLockHolders(LOCKS, 79), [])
  t.strictSame(parseLockHolders('', 77), [])
  t.strictSame(parseLockHolders('6: POSIX  ADVISORY  WRITE 16 103:403:7', 7), [], 'cut off')
})

t.test("finds the process that has SQLite's lock on a file, as long as it has", async (t) => {
  const path = join(t.testdir(), 'locked')
  const database = new DatabaseSync(path)
  t.equal(readLockHolder(path), null)
  database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')

  t.equal(readLockHolder(path), process.pid)
  database.close()
  t.equal(readLockHolder(path), null)
})
