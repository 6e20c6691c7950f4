import { pino } from 'pino'
import t from 'tap'
import { keepPruned } from '../../src/collector/retention.ts'

const retention = { ageMs: 1, events: 1 }

t.test('goes on while there is more to do, and on after a failure', async (t) => {
  const stop = new AbortController()
  const answers = [true, true, new Error('disk full'), true, false]
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  const prune = async () => {
    const answer = answers.shift() ?? false
    if (answers.length === 0) stop.abort()
    if (answer instanceof Error) throw answer
    return answer
  }

  await keepPruned({ store: { prune }, retention, log, intervalMs: 1 }, stop.signal)
  t.equal(answers.length, 0)
  t.match(lines, [/could not prune history.*disk full|disk full.*could not prune history/])
})

t.test('stops in the middle when it is told to', async (t) => {
  const stop = new AbortController()
  let steps = 0
  const prune = async () => {
    steps += 1
    if (steps === 3) stop.abort()
    return true
  }

  await keepPruned({ store: { prune }, retention, log: pino({ level: 'silent' }) }, stop.signal)
  t.equal(steps, 3)
})
