import { mock } from 'node:test'
import t from 'tap'
import type { CommandFrame, ReplyFrame } from '../../src/transport/command-schema.ts'
import { type AskedCommand, PendingCommands } from '../../src/transport/pending-commands.ts'
import { ProtocolError } from '../../src/transport/protocol.ts'

const NEVER = new AbortController().signal
const scan: AskedCommand = { request: { command: 'scan' }, timeoutMs: 1000, maxBytes: 100 }

/** Commands of one connection, and what was sent on it. */
function connection() {
  const sent: CommandFrame[] = []
  const commands = new PendingCommands((frame) => void sent.push(frame))
  const reply = (index: number, given: Partial<ReplyFrame>) =>
    commands.take({ type: 'reply', id: sent[index]?.id ?? '', status: 'done', ...given })
  return { sent, commands, reply }
}

t.test('sends what is asked, with an id that nobody can guess', async (t) => {
  const { sent, commands } = connection()
  const request = { command: 'probe', ports: [{ port: 80, protocol: 'tcp' }] } as const
  void commands.ask({ ...scan, request }, NEVER)
  commands.end()

  t.match(sent, [
    { type: 'command', command: 'probe', options: { ports: request.ports }, timeoutMs: 1000, maxBytes: 100 },
  ])
  t.match(sent[0]?.id, /^[0-9a-f-]{36}$/)
})

t.test('puts the parts of several answers together, each its own', async (t) => {
  const { commands, reply } = connection()
  const answers = Promise.all([commands.ask(scan, NEVER), commands.ask(scan, NEVER)])

  t.ok(reply(0, { part: 1, parts: 2, text: 'a' }))
  t.ok(reply(1, { part: 1, parts: 2, text: 'x' }))
  t.ok(reply(1, { part: 2, parts: 2, text: 'y' }))
  t.ok(reply(0, { part: 2, parts: 2, text: 'b' }))
  t.strictSame(await answers, [
    { status: 'done', text: 'ab' },
    { status: 'done', text: 'xy' },
  ])
})

t.test('takes no more than was asked for, and what still comes is late', async (t) => {
  const { commands, reply } = connection()
  const answer = commands.ask(scan, NEVER)

  t.ok(reply(0, { part: 1, parts: 3, text: 'é'.repeat(50) }))
  t.ok(reply(0, { part: 2, parts: 3, text: 'x' }))
  t.notOk(reply(0, { part: 3, parts: 3, text: 'x' }))
  t.match(await answer, { status: 'too-large', reason: 'it sent more than 100 bytes' })
})

t.test('is spoiled by parts that leave a hole, come twice or change their number', async (t) => {
  const wrong: Partial<ReplyFrame>[] = [
    { part: 3, parts: 3, text: '' },
    { part: 1, parts: 3, text: '' },
    { part: 2, parts: 4, text: '' },
    { part: 2, parts: 3 },
    { status: 'whatever' },
  ]
  for (const frame of wrong) {
    const { commands, reply } = connection()
    const answer = commands.ask(scan, NEVER)
    reply(0, { part: 1, parts: 3, text: 'a' })
    reply(0, frame)
    t.match(await answer, { status: 'bad-reply' }, JSON.stringify(frame))
  }
})

t.test('an id that this connection was never given breaks the protocol', async (t) => {
  const [first, second] = [connection(), connection()]
  void first.commands.ask(scan, NEVER)
  const [command] = first.sent
  const frame: ReplyFrame = { type: 'reply', id: command?.id ?? '', status: 'refused', reason: 'no' }

  t.throws(
    () => second.commands.take(frame),
    new ProtocolError('nobody asked for this reply', { reason: 'unexpected' }),
  )
  t.ok(first.commands.take(frame))
  t.notOk(first.commands.take(frame), 'again is late')
})

t.test('settles when the connection ends, and asks nothing more', async (t) => {
  const { sent, commands } = connection()
  const answer = commands.ask(scan, NEVER)
  commands.end()

  t.match(await answer, { status: 'lost' })
  t.match(await commands.ask(scan, NEVER), { status: 'lost' })
  t.equal(sent.length, 1)
})

t.test('settles by the deadline, and lets the agent have the first word', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { commands, reply } = connection()
  const [prompt, silent] = [commands.ask(scan, NEVER), commands.ask(scan, NEVER)]
  mock.timers.tick(2999)

  t.ok(reply(0, { status: 'timed-out', reason: 'its own word'.repeat(100) }))
  mock.timers.tick(1)
  t.notOk(reply(1, { status: 'failed', reason: 'late' }))
  t.match(await prompt, { status: 'timed-out', reason: /^its own word.{188}$/ })
  t.match(await silent, { status: 'timed-out', reason: 'the agent did not answer in time' })
})

t.test('gives a command up when nobody waits for it', async (t) => {
  const { commands, reply } = connection()
  const asker = new AbortController()
  const answer = commands.ask(scan, asker.signal)
  asker.abort()

  t.match(await answer, { status: 'timed-out' })
  t.match(await commands.ask(scan, AbortSignal.abort()), { status: 'timed-out' })
  t.notOk(reply(0, { status: 'failed' }))
})

t.test('lets only so many wait for one agent', async (t) => {
  const { sent, commands } = connection()
  for (let count = 0; count < 8; count += 1) void commands.ask(scan, NEVER)

  t.match(await commands.ask(scan, NEVER), { status: 'refused', reason: 'too many commands wait for this agent' })
  t.equal(sent.length, 8)
  commands.end()
})
