import t from 'tap'
import { gapsOf } from '../../../src/sources/procfs/gaps.ts'

const READ = { leader: 'whoever' }
const HIDDEN = {
  source: 'procfs',
  subject: 'processes',
  reason: 'denied',
  affects: '*',
  detail: 'processes of others are hidden: /proc is mounted with hidepid',
} as const

t.test('has nothing to say where every process was read or has ended', (t) => {
  t.strictSame(gapsOf([1, 2, 3], [READ, null, { failed: 'gone', detail: 'ESRCH' }]), [])
  t.end()
})

t.test('takes a missing pid 1 for hidden processes', (t) => {
  t.strictSame(gapsOf([4711], [READ]), [HIDDEN])
  t.strictSame(gapsOf([], []), [HIDDEN])
  t.end()
})

t.test('takes denied directories for hidden processes, once', (t) => {
  const denied = { failed: 'denied', detail: 'EPERM: operation not permitted, chdir' }

  t.strictSame(gapsOf([1, 2, 4711], [denied, denied, READ]), [HIDDEN])
  t.end()
})

t.test('names the first process of each other reason', (t) => {
  const long = { failed: 'too-large', detail: 'ENAMETOOLONG: name too long, read' }
  const odd = { failed: 'malformed', detail: 'not a line of /proc/PID/stat' }

  t.match(gapsOf([1, 7, 8, 9], [READ, long, odd, long]), [
    { reason: 'too-large', affects: '*', detail: 'pid 7: ENAMETOOLONG: name too long, read' },
    { reason: 'malformed', affects: '*', detail: 'pid 8: not a line of /proc/PID/stat' },
  ])
  t.end()
})
