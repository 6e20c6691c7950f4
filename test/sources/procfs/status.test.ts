import t from 'tap'
import { parseRootMapping, parseStatus } from '../../../src/sources/procfs/status.ts'

/** What a container's init shows, shortened to the lines around those that are read. */
const STATUS = `Name:\tsh
Umask:\t0022
Tgid:\t4711
Uid:\t1000\t0\t0\t0
Gid:\t0\t0\t0\t0
CapPrm:\t00000000a80425fb
CapEff:\t00000000a80425fb
CapBnd:\t00000000a80425fb
NoNewPrivs:\t1
Seccomp:\t2
Seccomp_filters:\t1
`

t.test('reads the effective uid and capabilities, seccomp and no_new_privs', (t) => {
  t.strictSame(parseStatus(STATUS), {
    uid: 0,
    effectiveCapabilities: '00000000a80425fb',
    seccomp: 'filter',
    noNewPrivs: true,
  })
  t.end()
})

t.test('reads each seccomp mode, and none where the kernel has no seccomp', (t) => {
  const modeOf = (line: string) => parseStatus(STATUS.replace('Seccomp:\t2\n', line)).seccomp
  t.equal(modeOf('Seccomp:\t0\n'), 'disabled')
  t.equal(modeOf('Seccomp:\t1\n'), 'strict')
  t.equal(modeOf(''), 'unknown')
  t.equal(modeOf('Seccomp:\t7\n'), 'unknown')
  t.end()
})

t.test('is not misled by a name that looks like a field', (t) => {
  // The kernel escapes a newline in Name, so a field begins a line only where it is one.
  const name = 'Name:\tCapEff:\\nUid:\t0\t0\n'
  t.match(parseStatus(STATUS.replace('Name:\tsh\n', name)), { uid: 0, effectiveCapabilities: '00000000a80425fb' })
  t.end()
})

t.test('refuses a status without the fields it needs', (t) => {
  for (const field of ['Uid', 'CapEff', 'NoNewPrivs']) {
    t.throws(() => parseStatus(STATUS.replace(`${field}:`, 'Other:')), { message: `no ${field} in /proc/PID/status` })
  }
  t.throws(() => parseStatus(''), SyntaxError)
  t.throws(() => parseStatus(STATUS.slice(0, STATUS.indexOf('CapEff') + 12)), SyntaxError, 'truncated')
  t.throws(() => parseStatus(STATUS.replace('00000000a80425fb\nCapBnd', 'zz\nCapBnd')), SyntaxError)
  t.end()
})

t.test('tells what uid 0 inside is outside', (t) => {
  t.equal(parseRootMapping('         0          0 4294967295\n'), 0, 'the initial user namespace')
  t.equal(parseRootMapping('0 100000 65536\n'), 100_000)
  t.equal(parseRootMapping('1000 1000 1\n0 100000 1000\n'), 100_000, 'in whatever line')
  t.end()
})

t.test('tells that uid 0 is not mapped', (t) => {
  t.equal(parseRootMapping(''), null, 'no map is written yet')
  t.equal(parseRootMapping('1 100000 65536\n'), null)
  t.end()
})

t.test('refuses what is no map', (t) => {
  for (const text of ['x', '0', '0 1', 'x 1 2', '0 x 2', '0 1 x'])
    t.throws(() => parseRootMapping(text), SyntaxError, text)
  t.end()
})
