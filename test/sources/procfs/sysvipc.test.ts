import t from 'tap'
import { parseSysvObjects } from '../../../src/sources/procfs/sysvipc.ts'

/** As Linux 6.18 writes them. */
const SHM = `       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap
   5432001          0   600                    56   812   812      6    70    70    70    70 1784000000 1784000000 1784000000                  4096                     0
         0          3  1600                393216  4711  4712      2  1000  1000  1000  1000 1784000000          0 1784000000                393216                     0
-559038737          4   666                  4096     1     1      0     0     0     0     0          0          0 1784000000                     0                     0
`
const SEM = `       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime
         0          0     0          2     0     0     0     0          0 1784000000
`

t.test('reads key, owner and mode, the key as ipcs shows it', async (t) => {
  t.strictSame(parseSysvObjects(SHM), [
    { key: '0x00000000', uid: 1000, mode: '600' },
    { key: '0x0052e2c1', uid: 70, mode: '600' },
    { key: '0xdeadbeef', uid: 0, mode: '666' },
  ])
  t.strictSame(parseSysvObjects(SEM), [{ key: '0x00000000', uid: 0, mode: '000' }])
})

t.test('reads a table without objects', async (t) => {
  t.strictSame(parseSysvObjects(SHM.slice(0, SHM.indexOf('\n') + 1)), [])
})

t.test('takes nothing for a table that is none', async (t) => {
  for (const text of [
    '',
    '\n',
    'key perms\n',
    SEM.replace('perms', 'modes'),
    SEM.replace(' 2     0 ', ' 2     x '),
    `${SEM}   7 `,
  ]) {
    t.throws(() => parseSysvObjects(text), SyntaxError, JSON.stringify(text))
  }
})
