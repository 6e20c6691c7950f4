import { t } from 'tap'
import {
  encodeFrame,
  encodeRows,
  MAX_FRAME_BYTES,
  ProtocolError,
  parseAgentFrame,
  parseCollectorFrame,
} from '../../src/transport/protocol.ts'
import { reasonOf } from '../helpers/stream.ts'

const EPOCH = '0'.repeat(32)
const HELLO = {
  type: 'hello',
  agentId: 'agent-1',
  node: 'node-1',
  bootId: 'boot-1',
  version: '0.1.0',
  epoch: EPOCH,
  nextSeq: 1,
  at: 1,
} as const

t.test('reads what it writes', async (t) => {
  const limits = { maxUnackedBytes: 1, pingIntervalMs: 1 }

  t.strictSame(readAgent(encodeFrame(HELLO)), HELLO)
  const welcome = { type: 'welcome', ackedSeq: 0, want: 'snapshot', limits } as const
  t.strictSame(parseCollectorFrame(Buffer.from(encodeFrame(welcome)), false), welcome)
  const ack = { type: 'ack', epoch: EPOCH, seq: 7, want: 'snapshot' } as const
  t.strictSame(parseCollectorFrame(Buffer.from(encodeFrame(ack)), false), ack)
})

t.test('takes no hello that is larger than one can be', async (t) => {
  const largest = { ...HELLO, padding: 'x'.repeat(8 * 1024 - JSON.stringify(HELLO).length - 13) }

  t.strictSame(readAgent(JSON.stringify(largest)), HELLO)
  t.equal(
    reasonOf(() => readAgent(`${JSON.stringify(largest)} `)),
    'too-large',
  )
})

t.test('writes rows that are text already into their frame as they are', async (t) => {
  const digest = 'a'.repeat(64)
  const frame = encodeRows({ type: 'batch', epoch: EPOCH, firstSeq: 1, events: [], digest }, ['{"seq":1}', '{"seq":2}'])

  t.strictSame(JSON.parse(frame), {
    type: 'batch',
    epoch: EPOCH,
    firstSeq: 1,
    events: [{ seq: 1 }, { seq: 2 }],
    digest,
  })
})

t.test('reads half of a surrogate pair as databases write it, so that they find it again', async (t) => {
  const named = readAgent(JSON.stringify({ ...HELLO, agentId: 'a\ud83d', node: '\ud83dn' }))

  t.strictSame(named, { ...HELLO, agentId: 'a\ufffd', node: '\ufffdn' })
})

t.test('ignores fields that it does not know', async (t) => {
  t.strictSame(readAgent(JSON.stringify({ ...HELLO, colour: 'blue' })), HELLO)
})

t.test('refuses a broken envelope with a named reason', async (t) => {
  const broken = {
    'not JSON': '{"type":"hello"',
    'no type': '{}',
    'an unknown type': '{"type":"gossip"}',
    'an array': '[]',
    'a null': 'null',
    'an epoch that is no name': JSON.stringify({ ...HELLO, epoch: 'x' }),
    'a negative number': JSON.stringify({ ...HELLO, nextSeq: -1 }),
    'a number beyond what is exact': JSON.stringify({ ...HELLO, nextSeq: 2 ** 53 }),
    'an empty agentId': JSON.stringify({ ...HELLO, agentId: '' }),
    'an endless agentId': JSON.stringify({ ...HELLO, agentId: 'x'.repeat(300) }),
    'a node with NUL': JSON.stringify({ ...HELLO, node: 'a\0b' }),
    'an empty batch': JSON.stringify({ type: 'batch', epoch: EPOCH, firstSeq: 1, events: [], digest: 'a'.repeat(64) }),
    'part 0': JSON.stringify({ type: 'snapshot', epoch: EPOCH, asOfSeq: 0, takenAt: 1, part: 0, parts: 1, items: [] }),
  }

  for (const [name, frame] of Object.entries(broken))
    t.equal(
      reasonOf(() => readAgent(frame)),
      'malformed',
      name,
    )
})

t.test('refuses a frame that is too large before it is parsed, and one that is binary', async (t) => {
  t.equal(
    reasonOf(() => readAgent(`{"type":"${'x'.repeat(MAX_FRAME_BYTES)}"}`)),
    'too-large',
  )
  t.equal(
    reasonOf(() => parseAgentFrame(Buffer.from(encodeFrame(HELLO)), true)),
    'malformed',
  )
})

t.test('says in a bounded line what was wrong', async (t) => {
  const frame = JSON.stringify({ ...HELLO, version: { [`${'x'.repeat(5000)}`]: 1 } })

  try {
    readAgent(frame)
    t.fail('it was read')
  } catch (error) {
    t.ok(error instanceof ProtocolError && error.message.length < 300)
    t.match(error, { message: /version/ })
  }
})

function readAgent(text: string) {
  return parseAgentFrame(Buffer.from(text), false)
}
