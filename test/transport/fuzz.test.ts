import fc from 'fast-check'
import { t } from 'tap'
import type { CommandFrame } from '../../src/transport/command-schema.ts'
import { ProtocolError, parseAgentFrame, parseCollectorFrame } from '../../src/transport/protocol.ts'
import { readBatch, readPart } from '../../src/transport/received.ts'
import { connectRaw, startHub } from '../helpers/hub.ts'
import { queueing } from '../helpers/queueing.ts'
import { seededRandom } from '../helpers/random.ts'
import { openTestStore } from '../helpers/store.ts'
import { deleteFinding, findingId, putFinding, testStream } from '../helpers/stream.ts'

/** Frames that are right, for the mutations to start from. */
function goodFrames(name: string): string[] {
  const stream = testStream(name)
  const batch = stream.frame([putFinding('a'), putFinding('b'), deleteFinding('a')])
  const hello = { type: 'hello', ...stream.hello(), commands: ['scan', 'probe'] }
  const reply = { type: 'reply', id: 'c-1', status: 'done', part: 1, parts: 2, text: '{"version":1}' }
  const options = { ports: [{ port: 80, protocol: 'udp' }], mode: 'connect' }
  const command = { type: 'command', id: 'c-1', command: 'probe', options, timeoutMs: 1000, maxBytes: 1000 }
  const others = [hello, reply, command].map((frame) => JSON.stringify(frame))
  return [...others, stream.snapshotFrame(), batch]
}

/** Any JSON, with `__proto__` and the like among the names. */
const anyJson = fc.jsonValue({ maxDepth: 4 })

/** A good frame in which some values, somewhere, have become something else. */
const mutated = fc
  .tuple(fc.constantFrom(...goodFrames('fuzz')), fc.array(fc.tuple(fc.nat(), anyJson), { minLength: 1, maxLength: 4 }))
  .map(([frame, mutations]) => {
    let value: unknown = JSON.parse(frame)
    for (const [place, replacement] of mutations) value = replaceAt(value, place, replacement)
    return JSON.stringify(value)
  })

/** A good frame with its text cut, doubled or overwritten somewhere. */
const torn = fc
  .tuple(fc.constantFrom(...goodFrames('fuzz')), fc.nat(), fc.nat(), fc.string({ unit: 'binary' }))
  .map(([frame, from, length, text]) => {
    const start = from % frame.length
    return frame.slice(0, start) + text + frame.slice(start + (length % frame.length))
  })

const deep = fc.nat(20_000).map((depth) => `{"type":"batch","events":${'['.repeat(depth)}${']'.repeat(depth)}}`)

/** A command whose fields are right or anything. */
const anyCommand = fc
  .record(
    {
      type: fc.constant('command'),
      id: fc.string({ minLength: 1, maxLength: 64 }),
      command: fc.constantFrom('scan', 'probe', 'triage', 'exec', '__proto__'),
      options: fc.oneof(anyJson, fc.record({ ports: fc.array(fc.record({ port: fc.nat(70_000) })), mode: anyJson })),
      timeoutMs: fc.oneof(anyJson, fc.nat()),
      maxBytes: fc.oneof(anyJson, fc.nat()),
    },
    { requiredKeys: ['type', 'id', 'command'] },
  )
  .map((frame) => JSON.stringify(frame))

const hostile = fc.oneof(
  { weight: 5, arbitrary: mutated },
  { weight: 2, arbitrary: torn },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: deep },
)

t.test('reads any frame or names why not, and never fails otherwise', async (t) => {
  const seed = seededRandom(t).below(2 ** 31)

  fc.assert(
    fc.property(hostile, (text) => {
      for (const read of [readAgentFrame, parseCollectorFrame]) {
        try {
          read(Buffer.from(text), false)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
      }
    }),
    { seed, numRuns: 5000 },
  )
  t.pass()
})

t.test('a queue of commands answers whatever it is asked, and does only what it may', async (t) => {
  const seed = seededRandom(t).below(2 ** 31)
  const queue = queueing({ allowed: ['probe'], size: { burst: 10_000, perMinute: 1 } })
  let taken = 0
  fc.assert(
    fc.property(fc.oneof(anyCommand, hostile), (text) => {
      const frame = readCommand(text)
      if (frame === null) return
      taken += 1
      queue.take(frame)
    }),
    { seed, numRuns: 5000 },
  )

  t.ok(taken > 100)
  t.equal((await queue.replies(taken)).length, taken)
  t.ok(queue.doer.asked.length > 0)
  t.ok(queue.doer.asked.every(({ command }) => command === 'probe'))
})

function readCommand(text: string): CommandFrame | null {
  try {
    const frame = parseCollectorFrame(Buffer.from(text), false)
    return frame.type === 'command' ? frame : null
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

t.test('serves good agents while others send whatever they like, and believes these nothing', async (t) => {
  const random = seededRandom(t)
  const { store } = await openTestStore(t)
  const { url, hub } = await startHub(t, store)
  const stream = testStream('good')
  const good = await connectRaw(t, url)
  good.send({ type: 'hello', ...stream.hello() })
  await good.next('welcome')
  good.send(stream.snapshotFrame())
  await good.next('ack')

  const frames = fc.sample(hostile, { seed: random.below(2 ** 31), numRuns: 2000 })
  for (let start = 0; start < frames.length; start += 20) {
    const bad = await connectRaw(t, url)
    // Some get past hello, as themselves or with the good one's name.
    if (random.next() < 0.8) {
      const identity = random.next() < 0.5 ? { agentId: stream.hello().agentId, bootId: 'forged' } : {}
      bad.send({ type: 'hello', ...testStream(`bad-${start % 7}`).hello(identity) })
    }
    for (const frame of frames.slice(start, start + 20)) bad.send(frame)
    bad.socket.close()
    await bad.closed()
    good.send(stream.frame([putFinding(start)]))
    await good.next('ack')
  }

  t.strictSame(await keysOf('good'), frames.flatMap((_, index) => (index % 20 === 0 ? [findingId(index)] : [])).sort())
  t.comment(JSON.stringify(hub.figures.ended))
  t.ok((hub.figures.ended.malformed ?? 0) > 0 && (hub.figures.ended['already-connected'] ?? 0) > 0)

  async function keysOf(node: string): Promise<string[]> {
    const { items } = await store.listFindings({ node }, { limit: 1000 })
    return items.map(({ id }) => id).sort()
  }
})

function readAgentFrame(data: Buffer, isBinary: boolean): void {
  const frame = parseAgentFrame(data, isBinary)
  if (frame.type === 'batch') readBatch(frame)
  if (frame.type === 'snapshot') readPart(frame)
}

/** Replaces the value at a place, counted in the order of a walk through the whole. */
function replaceAt(value: unknown, place: number, replacement: unknown): unknown {
  if (typeof value !== 'object' || value === null || place % 3 === 0) return replacement
  if (Array.isArray(value)) {
    const chosen = place % Math.max(value.length, 1)
    return value.map((element, index) => (index === chosen ? replaceAt(element, place >> 2, replacement) : element))
  }
  const entries = Object.entries(value)
  const chosen = place % Math.max(entries.length, 1)
  return Object.fromEntries(
    entries.map(([name, property], index) =>
      index === chosen ? [name, replaceAt(property, place >> 2, replacement)] : [name, property],
    ),
  )
}
