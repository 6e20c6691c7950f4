import { t } from 'tap'
import { sameDigest } from '../../src/model/digest.ts'
import type { ReceivedEvent } from '../../src/model/stream.ts'
import { canonicalJson } from '../../src/transport/canonical-json.ts'
import { hashRow } from '../../src/transport/digest.ts'
import { encodeRow } from '../../src/transport/encode.ts'
import { readBatch, readPart } from '../../src/transport/received.ts'
import { container, finding, port } from '../helpers/builders.ts'
import { findingId, putFinding, reasonOf, testStream } from '../helpers/stream.ts'

const EPOCH = '0'.repeat(32)
const DIGEST = 'a'.repeat(64)
const ID = findingId('a')
const PUT = { seq: 1, at: 5, op: 'put', type: 'finding', key: ID, value: finding({ id: ID }) }

t.test('reads events of every type, with the hash that the agent has of the row', async (t) => {
  const { processes: _, ...value } = container()
  const changes = [
    putFinding('a'),
    { op: 'put', at: 1, type: 'container', key: value.id, value },
    { op: 'put', at: 2, type: 'port', key: 'tcp/1', value: port() },
    { op: 'delete', at: 3, type: 'port', key: 'tcp/1', cause: 'gone' },
  ] as const
  const stream = testStream()
  const { events } = stream.batch(changes)

  t.strictSame(
    events.map(({ event }) => event),
    changes.map((change, index) => ({ seq: index + 1, ...change })),
  )
  const [first] = events
  const text = encodeRow('finding', ID, canonicalJson(finding({ id: ID })) ?? '')
  t.ok(first?.quarantined === undefined && sameDigest(first?.hash ?? new Uint8Array(), hashRow(text)))
})

t.test('drops fields that it does not know, and hashes them all the same', async (t) => {
  const value = { ...finding({ id: ID }), colour: 'blue' }
  const [read] = eventsOf([{ ...PUT, value }])

  t.strictSame(read?.event, PUT)
  const text = encodeRow('finding', ID, canonicalJson(value) ?? '')
  t.ok(read?.quarantined === undefined && sameDigest(read?.hash ?? new Uint8Array(), hashRow(text)))
})

t.test('keeps raw what it cannot read, with its effect on the digest where that can be told', async (t) => {
  const strange = {
    'an unknown type': { ...PUT, type: 'weather', key: 'k', value: { sun: true } },
    'a value of another shape': { ...PUT, value: { ...PUT.value, severity: 'fatal' } },
    'a status that agents do not give': { ...PUT, value: { ...PUT.value, status: 'resolved' } },
    'a key that is not its own': { ...PUT, key: findingId('b') },
  }

  for (const [name, event] of Object.entries(strange)) {
    const [read] = eventsOf([event])
    t.match(read, { seq: 1, quarantined: { problem: String, raw: JSON.stringify(event), effect: { op: 'put' } } }, name)
  }
})

t.test('keeps raw what has not even a key, without an effect', async (t) => {
  const strange = {
    'no key': { ...PUT, key: undefined },
    'a key with NUL': { ...PUT, key: 'a\0' },
    'an endless key': { ...PUT, key: 'x'.repeat(2000) },
    'an unknown op': { ...PUT, op: 'move' },
    'nothing but its number': { seq: 1 },
  }

  for (const [name, event] of Object.entries(strange)) {
    t.match(eventsOf([event])[0], { seq: 1, quarantined: { effect: null } }, name)
  }
})

t.test('bounds the raw text that it keeps', async (t) => {
  const [read] = eventsOf([{ ...PUT, value: 'x'.repeat(100_000) }])

  t.equal(read?.quarantined?.raw.length, 4096)
})

t.test('survives a value that is nested deeper than a stack holds', async (t) => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  const evidence = JSON.parse(`{"deep":${deep}}`)
  const [read] = eventsOf([{ ...PUT, value: { ...PUT.value, evidence } }])

  t.match(read?.quarantined, { problem: /deep/, effect: null })
})

t.test('refuses events that are not numbered one after another', async (t) => {
  t.equal(
    reasonOf(() => eventsOf([{ ...PUT, seq: 2 }])),
    'malformed',
  )
  t.equal(
    reasonOf(() => eventsOf([PUT, { ...PUT, seq: 3 }])),
    'malformed',
  )
  t.equal(
    reasonOf(() => eventsOf([PUT, PUT])),
    'malformed',
  )
  t.equal(
    reasonOf(() => eventsOf(['seq'])),
    'malformed',
  )
  t.equal(
    reasonOf(() => eventsOf([null])),
    'malformed',
  )
})

t.test('reads the rows of a snapshot likewise', async (t) => {
  const row = { type: 'finding', key: ID, value: finding({ id: ID }) }
  const items = [row, { type: 'weather', key: 'k', value: 1 }, 'garbage']
  const part = { type: 'snapshot', epoch: EPOCH, asOfSeq: 3, takenAt: 9, part: 1, parts: 2, items } as const
  const read = readPart(part)

  t.match(read, { epoch: EPOCH, asOfSeq: 3, takenAt: 9, part: 1, parts: 2 })
  t.strictSame(read.items[0]?.item, row)
  t.match(read.items[1]?.quarantined, { effect: { op: 'put', type: 'weather', key: 'k' } })
  t.match(read.items[2]?.quarantined, { effect: null, raw: '"garbage"' })
})

t.test('keeps no text for a column that PostgreSQL cannot look up', async (t) => {
  const group = '\u4e00'.repeat(600)
  const [read] = eventsOf([{ ...PUT, value: finding({ id: ID, group }) }])

  t.equal(read?.quarantined?.problem, 'value.group: has more than 1536 bytes')
})

t.test('looks for no second fault in a row: one frame has room for hundreds of thousands', async (t) => {
  const { processes: _, ...value } = container()
  const held = Array.from({ length: 340_000 }, () => ({}))
  const begunAt = performance.now()
  const [read] = eventsOf([{ seq: 1, op: 'put', at: 1, type: 'container', key: value.id, value: { ...value, held } }])

  t.match(read?.quarantined?.problem, /^value\.held\.0\./)
  t.ok(performance.now() - begunAt < 5000, 'with each of them it took half a minute')
})

function eventsOf(events: readonly unknown[]): readonly ReceivedEvent[] {
  return readBatch({ type: 'batch', epoch: EPOCH, firstSeq: 1, events: [...events], digest: DIGEST }).events
}
