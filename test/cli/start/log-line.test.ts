import t from 'tap'
import { lineOfLog } from '../../../src/cli/start/log-line.ts'

t.test('shows warnings and worse with their facts, and keeps the rest to itself', async (t) => {
  const line = (fields: object) => lineOfLog('agent', JSON.stringify(fields))

  t.equal(line({ level: 30, time: 1, msg: 'scan', containers: 3 }), null)
  t.equal(
    line({ level: 40, time: 1, msg: 'queue is full', events: 3, bytes: 9 }),
    'agent: queue is full (events 3, bytes 9)',
  )
  t.equal(line({ level: 50, time: 1, msg: 'agent stopped' }), 'agent: agent stopped')
})

t.test('shows of an error what it says', async (t) => {
  const err = { type: 'Error', message: 'connect ECONNREFUSED', stack: 'Error: connect…\n  at x', code: 'ECONNREFUSED' }

  t.equal(
    lineOfLog('agent', JSON.stringify({ level: 50, msg: 'scan failed', err })),
    'agent: scan failed (err connect ECONNREFUSED)',
  )
})

t.test('keeps the last words of a program that crashed, made printable', async (t) => {
  t.equal(lineOfLog('agent', 'RangeError: \u001b[31mout of memory'), 'agent: RangeError: \\x1b[31mout of memory')
  t.equal(lineOfLog('agent', '{"level":40'), 'agent: {"level":40')
  t.equal(lineOfLog('agent', '42'), 'agent: 42')
  t.equal(lineOfLog('agent', '  '), null)
})

t.test('shows hostile names in a warning as text', async (t) => {
  const line = JSON.stringify({ level: 40, msg: 'row is too large', key: 'a\nb\u009b31m' })

  t.equal(lineOfLog('agent', line), 'agent: row is too large (key a\\x0ab\\x9b31m)')
})
