import { t } from 'tap'
import { MAX_FRAME_BYTES } from '../../src/transport/protocol.ts'
import { TAKEN_AT } from '../helpers/builders.ts'
import { credentialsOf, startClient } from '../helpers/client.ts'
import { scriptCollector } from '../helpers/scripted-collector.ts'
import { findingId, putFinding } from '../helpers/stream.ts'

const LOOK = { takenAt: TAKEN_AT, durationMs: 1, processes: 1, threads: 1, residentBytes: 1, cpuMs: 1 }

t.test('shows its secret and its token, and says who it is and where its stream stands', async (t) => {
  const collector = await scriptCollector(t)
  startClient(t, collector)
  const connection = await collector.connection()

  const { authorization, 'nsentinel-enrolment': enrolment } = connection.request.headers
  t.equal(authorization, `Bearer ${credentialsOf('agent-1').secret}`)
  t.equal(enrolment, 'enrol-me')
  t.equal(connection.request.headers['sec-websocket-protocol'], 'nsentinel.v1')
  t.match(await connection.next('hello'), {
    agentId: 'agent-1',
    node: 'node-1',
    bootId: 'boot-1',
    version: '0.1.0',
    epoch: /^[0-9a-f]{32}$/,
    nextSeq: 2,
    at: TAKEN_AT,
  })
})

t.test('begins with the whole state and goes on with what changes', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  client.publish([putFinding('a')])
  const connection = await collector.connection()
  const { epoch } = await connection.welcome()

  const items = [{ key: findingId('first') }, { key: findingId('a') }]
  t.match(await connection.next('snapshot'), { epoch, asOfSeq: 2, part: 1, parts: 1, items })
  client.publish([putFinding('b')])
  t.match(await connection.next('batch'), { epoch, firstSeq: 3, events: [{ seq: 3, key: findingId('b') }] })
})

t.test('sends what was not acknowledged again, and only that, after a cut', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  const first = await collector.connection()
  const { epoch } = await first.welcome()
  first.ack(await first.next('snapshot'))
  client.publish([putFinding('a')])
  first.ack(await first.next('batch'))
  client.publish([putFinding('b'), putFinding('c')])
  const lost = await first.next('batch')
  first.socket.terminate()

  const second = await collector.connection()
  t.match(await second.welcome({ want: 'resume', ackedSeq: 2 }), { epoch, nextSeq: 5 })
  t.strictSame(await second.next('batch'), lost)
  second.socket.terminate()

  // This time it was stored, and only the ack was lost.
  const third = await collector.connection()
  await third.welcome({ want: 'resume', ackedSeq: 4 })
  client.publish([putFinding('d')])
  t.match(await third.next('batch'), { firstSeq: 5, events: [{ key: findingId('d') }] })
})

t.test('sends a snapshot where the collector knows less than what still waits', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  const first = await collector.connection()
  await first.welcome()
  first.ack(await first.next('snapshot'))
  client.publish([putFinding('a'), putFinding('b')])
  first.ack(await first.next('batch'))
  first.socket.terminate()

  const second = await collector.connection()
  await second.welcome({ want: 'resume', ackedSeq: 2 })
  t.match(await second.next('snapshot'), { asOfSeq: 3, items: [Object, Object, Object] })
})

t.test('waits for acks before it sends more than the window', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  const connection = await collector.connection()
  await connection.welcome({ limits: { maxUnackedBytes: 1, pingIntervalMs: 60_000 } })
  connection.ack(await connection.next('snapshot'))
  client.publish([putFinding('a')])
  const first = await connection.next('batch')
  client.publish([putFinding('b')])
  client.publish([putFinding('c')])
  connection.send({ type: 'command', id: 'probe', command: 'scan' })
  await connection.next('reply')

  t.equal(connection.frames.filter(({ type }) => type === 'batch').length, 1)
  connection.ack(first)
  t.match(await connection.next('batch'), { firstSeq: 3, events: [{ seq: 3 }, { seq: 4 }] })
})

t.test('begins a new epoch when it is told that its own is closed', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  const connection = await collector.connection()
  const { epoch } = await connection.welcome({ want: 'new-epoch' })
  const snapshot = await connection.next('snapshot')

  t.not(snapshot.epoch, epoch)
  t.match(snapshot, { asOfSeq: 1, items: [{ key: findingId('first') }] }, 'it stands for the change that waited')
  connection.ack(snapshot)
  client.publish([putFinding('b')])
  t.match(await connection.next('batch'), { epoch: snapshot.epoch, firstSeq: 2 })
})

t.test('sends its state when it is asked to, after all that waits', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  const connection = await collector.connection()
  await connection.welcome({ limits: { maxUnackedBytes: 1, pingIntervalMs: 60_000 } })
  connection.ack(await connection.next('snapshot'))
  client.publish([putFinding('a')])
  const first = await connection.next('batch')
  client.publish([putFinding('b')])
  connection.ack(first, 'snapshot')

  connection.ack(await connection.next('batch'))
  t.match(await connection.next('snapshot'), { asOfSeq: 3, items: [Object, Object, Object] })
})

t.test('collapses a history that is too long into a snapshot', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector, { maxEvents: 10 })
  const connection = await collector.connection()
  await connection.welcome()
  connection.ack(await connection.next('snapshot'))
  client.publish(Array.from({ length: 30 }, (_, index) => putFinding(index)))

  t.match(await connection.next('snapshot'), { asOfSeq: 31, items: { length: 31 } })
  client.publish([putFinding('more')])
  t.match(await connection.next('batch'), { firstSeq: 32 })
})

t.test('cuts a large state into parts, each within the size of a frame', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  const summary = 'x'.repeat(100_000)
  client.publish(Array.from({ length: 12 }, (_, index) => putFinding(index, { summary })))
  const connection = await collector.connection()
  await connection.welcome()
  const first = await connection.next('snapshot')
  const others: (typeof first)[] = []
  while (others.length < first.parts - 1) others.push(await connection.next('snapshot'))
  const parts = [first, ...others]

  t.ok(parts.length > 5)
  t.match(
    parts,
    parts.map((_, index) => ({ part: index + 1, parts: parts.length })),
  )
  t.ok(parts.every((part) => JSON.stringify(part).length <= MAX_FRAME_BYTES))
  t.equal(parts.flatMap(({ items }) => items).length, 13)
})

t.test('looks after all that was to be told, and only the last time', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  client.look({ ...LOOK, processes: 1 })
  client.look({ ...LOOK, processes: 2 })
  const connection = await collector.connection()
  await connection.welcome()
  connection.ack(await connection.next('snapshot'))
  t.match(await connection.next('look'), { processes: 2 })

  client.publish([putFinding('a')])
  client.look({ ...LOOK, processes: 3 })
  await connection.next('batch')
  t.match(await connection.next('look'), { processes: 3 })
})

t.test('tells nothing before it was told something: an empty state would resolve all that is known', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector, { isTold: false })
  const connection = await collector.connection()
  await connection.welcome()
  connection.send({ type: 'command', id: 'c-1', command: 'scan' })
  await connection.next('reply')

  t.strictSame(
    connection.frames.map(({ type }) => type),
    ['hello', 'reply'],
  )
  client.publish([putFinding('a')])
  t.match(await connection.next('snapshot'), { asOfSeq: 1, items: [{ key: findingId('a') }] })
})
