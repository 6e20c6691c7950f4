import fc from 'fast-check'
import t from 'tap'
import { parseStat } from '../../../src/sources/procfs/stat.ts'

/** Fields 3 to 22 of a line that Linux 6.18 wrote for a shell, and what follows. */
const FIELDS = 'S 4000 4711 4000 34816 4711 4194304 900 0 0 0 1 2 0 0 20 0 1 0 123456 2457600 230 18446744073709551615'
const KTHREADD = '2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 24 0 0 18446744073709551615 0 0\n'

t.test('reads who a process is', (t) => {
  t.strictSame(parseStat(`4711 (bash) ${FIELDS} 1 1 0\n`), {
    comm: 'bash',
    ppid: 4000,
    startTime: 123456,
    kernelThread: false,
  })
  t.end()
})

t.test('knows a kernel thread by its flag, which no process can set on itself', (t) => {
  t.match(parseStat(KTHREADD), { comm: 'kthreadd', ppid: 0, startTime: 24, kernelThread: true })
  t.match(parseStat(`9 (kthreadd) ${FIELDS}\n`), { kernelThread: false }, 'not by its name')
  t.end()
})

t.test('takes a comm for what it is, whatever it looks like', (t) => {
  const hostile = [
    'a b',
    ') (',
    ') S 1 2 3 (',
    'a\nb',
    '',
    ')',
    '(((',
    ') Z 0 0 0 0 -1 2',
    '\x1b[31m',
    '$(reboot)',
    '東京',
  ]
  for (const comm of hostile) t.match(parseStat(`4711 (${comm}) ${FIELDS}\n`), { comm, ppid: 4000, startTime: 123456 })
  t.end()
})

t.test('is not misled by any comm', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 64 }), (comm) => {
      const stat = parseStat(`4711 (${comm}) ${FIELDS}\n`)
      return stat.comm === comm && stat.ppid === 4000 && stat.startTime === 123456 && !stat.kernelThread
    }),
  )
  t.end()
})

t.test('refuses what is no such line', (t) => {
  const truncated = `4711 (bash) ${FIELDS}`.slice(0, 60)
  for (const text of ['', '\n', '4711', '4711 bash S 1', '4711 )bash( S 1', '4711 (bash)', truncated]) {
    t.throws(() => parseStat(text), SyntaxError, text)
  }
  t.throws(() => parseStat(`4711 (bash) ${FIELDS.replace('123456', '1e999')}`), SyntaxError)
  t.throws(() => parseStat(`4711 (bash) ${FIELDS.replace('4000', 'x')}`), SyntaxError)
  t.end()
})

t.test('refuses or reads any text, and throws nothing else', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('(', ')', ' ', '1', 'x', '\n', '-') }), (text) => {
      try {
        return Number.isSafeInteger(parseStat(text).startTime)
      } catch (error) {
        return error instanceof SyntaxError
      }
    }),
  )
  t.end()
})
