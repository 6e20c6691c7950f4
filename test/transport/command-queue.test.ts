import t from 'tap'
import { CommandRefusal } from '../../src/transport/transport.ts'
import { queueing } from '../helpers/queueing.ts'
import { until } from '../helpers/until.ts'

t.test('carries out what is allowed and gives the result as JSON', async (t) => {
  const queue = queueing({ carryOut: async () => ({ seen: 1 }) })
  queue.take({ command: 'probe', options: { ports: [{ port: 80 }], mode: 'connect', more: 'dropped' } })

  t.strictSame(await queue.replies(1), [{ status: 'done', part: 1, parts: 1, text: '{"seen":1}' }])
  t.strictSame(queue.doer.asked, [{ command: 'probe', ports: [{ port: 80, protocol: 'tcp' }], mode: 'connect' }])
  t.strictSame(
    queue.log.lines.map(([message]) => message),
    ['a command came', 'a command ended'],
  )
})

t.test('refuses what is not allowed, not known or asked wrongly, and says why', async (t) => {
  const queue = queueing({ allowed: ['probe', 'triage'] })
  queue.take({ command: 'scan' })
  queue.take({ command: 'reboot\u001b[2J' })
  queue.take({ command: 'probe', options: { ports: [{ port: 80, address: '192.0.2.1' }, { port: 0 }] } })
  queue.take({ command: 'triage', options: { container: 7 } })

  t.match(await queue.replies(4), [
    { status: 'refused', reason: 'this agent allows probe, triage only' },
    { status: 'refused', reason: 'this agent allows probe, triage only' },
    { status: 'refused', reason: /^it cannot be asked so: ports\.1\.port/ },
    { status: 'refused', reason: /^it cannot be asked so: container/ },
  ])
  t.equal(queue.doer.asked.length, 0)
  t.match(queue.log.lines[1], ['refused a command', { command: 'reboot\\x1b[2J' }])
})

t.test('carries out one at a time, lets four wait and refuses the next', async (t) => {
  const ends: (() => void)[] = []
  const queue = queueing({ carryOut: () => new Promise((resolve) => ends.push(() => resolve({}))) })
  for (let count = 0; count < 6; count += 1) queue.take({})

  t.match(await queue.replies(1), [{ status: 'refused', reason: 'other commands wait already' }])
  t.equal(queue.doer.asked.length, 1)
  for (let done = 1; done <= 5; done += 1) {
    ends.shift()?.()
    t.equal((await queue.replies(done + 1)).length, done + 1)
    t.equal(queue.doer.asked.length, Math.min(done + 1, 5))
  }
})

t.test('takes so many a minute, whoever asks, and logs a flood once', async (t) => {
  const queue = queueing({ size: { burst: 2, perMinute: 6 } })
  for (let count = 0; count < 50; count += 1) queue.take({})

  const replies = await queue.replies(50)
  t.equal(replies.filter(({ status }) => status === 'done').length, 2)
  t.match(
    replies.find(({ status }) => status === 'refused'),
    { reason: 'too many commands: ask again in 10 s' },
  )
  t.equal(queue.log.lines.filter(([message]) => message === 'refused a command').length, 1)
  queue.clock.now += 9999
  queue.take({})
  queue.clock.now += 1
  queue.take({})
  const [early, inTime] = (await queue.replies(52)).slice(50)
  t.match([early, inTime], [{ status: 'refused' }, { status: 'done' }])
})

t.test('answers by the deadline, and begins the next only when nothing of the last one runs', async (t) => {
  const first = Promise.withResolvers<object>()
  let count = 0
  const queue = queueing({ carryOut: async () => (++count === 1 ? first.promise : { second: true }) })
  queue.take({ timeoutMs: 20 })
  queue.take({ timeoutMs: 20 })

  const late = { status: 'timed-out', reason: 'the deadline passed' }
  t.match(await queue.replies(2), [late, late], 'the one that waits, too')
  queue.take({})
  t.equal(queue.doer.asked.length, 1)
  first.resolve({})
  t.match((await queue.replies(3))[2], { status: 'done', text: '{"second":true}' })
})

t.test('says what failed, refused or became too large', async (t) => {
  const ways = [
    () => Promise.reject(new Error('x'.repeat(1000))),
    () => Promise.reject(new CommandRefusal('not now')),
    async () => ({ text: 'é'.repeat(100) }),
  ]
  const queue = queueing({ carryOut: async () => (ways.shift() ?? (() => ({})))() })
  for (let count = 0; count < 3; count += 1) queue.take({ maxBytes: 100 })

  t.strictSame(await queue.replies(3), [
    { status: 'failed', reason: 'x'.repeat(200) },
    { status: 'refused', reason: 'not now' },
    { status: 'too-large', reason: 'the result has 211 bytes, expected 100' },
  ])
})

t.test('gives a large result in parts that make it up again', async (t) => {
  const result = { text: 'a\u{1f600}'.repeat(200_000) }
  const queue = queueing({ carryOut: async () => result })
  queue.take({})

  const parts = await queue.replies(5)
  t.match(
    parts,
    [1, 2, 3, 4, 5].map((part) => ({ part, parts: 5 })),
  )
  const texts = parts.map((reply) => (reply.status === 'done' ? reply.text : ''))
  t.ok(texts.every((text) => text.isWellFormed()))
  t.strictSame(JSON.parse(texts.join('')), result)
})

t.test('gives up what a connection asked when it ends, and answers nothing', async (t) => {
  const signals: AbortSignal[] = []
  const queue = queueing({
    carryOut: (_request, signal) => {
      signals.push(signal)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  queue.take({})
  queue.take({})
  queue.end()

  await until(() => queue.log.lines.find(([message]) => message === 'a command ended'))
  t.match(queue.log.lines.at(-1), ['a command ended', { id: 'c-1', status: 'given-up' }])
  t.strictSame(
    signals.map(({ aborted }) => aborted),
    [true],
  )
})

t.test('an agent that is allowed nothing says so, and logs it once', async (t) => {
  const queue = queueing({ allowed: [] })
  for (let count = 0; count < 20; count += 1) queue.take({})

  const replies = await queue.replies(20)
  t.ok(replies.every((reply) => reply.status === 'refused' && reply.reason === 'this agent takes no commands'))
  t.equal(queue.log.lines.length, 1)
})
