import { t } from 'tap'
import { HalfRead } from '../../src/transport/half-read.ts'
import { connectRaw, type RawAgent, startHub, welcomed } from '../helpers/hub.ts'
import { openTestStore, storeWith } from '../helpers/store.ts'
import { putFinding } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

const PART_BYTES = 400_000
/** Room for two such parts. */
const MOST_BYTES = 1_000_000
/** What a socket reads at once. */
const CHUNK_BYTES = 64 * 1024

t.test('gives up who does not finish a frame in time where there is too much of such, and nobody else', async (t) => {
  const { store } = await openTestStore(t)
  const halfRead = new HalfRead({ mostBytes: MOST_BYTES, patienceMs: 50, sweepMs: 10 })
  const hub = await startHub(t, store, { halfRead })
  const innocent = await welcomed(t, hub, 'innocent')
  const agents = [await welcomed(t, hub, 'a'), await welcomed(t, hub, 'b')]
  for (const agent of agents) sendPart(agent)
  await until(() => halfRead.bytes >= 2 * PART_BYTES || undefined)
  const last = await welcomed(t, hub, 'c')
  t.strictSame(hub.hub.figures.ended, {}, 'they have as much time as they like while there is room')
  sendPart(last)

  await Promise.all(agents.map((agent) => agent.closed()))
  t.match(hub.hub.figures.ended, { timeout: 2 })
  innocent.send(innocent.stream.frame([putFinding('x')]))
  t.match(await innocent.next('ack'), { seq: 1 })
  t.ok(halfRead.bytes <= MOST_BYTES / 2, `${halfRead.bytes} bytes`)
})

t.test('finishes what began first, and then the others, and takes small frames meanwhile', async (t) => {
  const { store } = await openTestStore(t)
  const halfRead = new HalfRead({ mostBytes: MOST_BYTES, mostFinishing: 1, patienceMs: 60_000 })
  const hub = await startHub(t, store, { halfRead })
  const innocent = await welcomed(t, hub, 'innocent')
  const names = ['a', 'b', 'c', 'd', 'e']
  const agents = await Promise.all(names.map((name) => welcomed(t, hub, name)))
  const frames = agents.map(({ stream }) => stream.frame([putFinding('x')]).padEnd(1_000_000))
  const [first, ...others] = agents.map(({ socket }) => socket)
  if (first === undefined) throw new Error('there is no agent')
  first.send(frames[0]?.slice(0, PART_BYTES) ?? '', { fin: false })
  await until(() => halfRead.bytes > 0 || undefined)
  for (const [index, socket] of others.entries()) socket.send(frames[index + 1] ?? '')
  await until(() => halfRead.bytes > MOST_BYTES || undefined)
  for (const name of ['x', 'y', 'z']) {
    innocent.send(innocent.stream.frame([putFinding(name)]))
    await innocent.next('ack')
  }
  t.ok(halfRead.bytes < MOST_BYTES + 5 * CHUNK_BYTES, `${halfRead.bytes} bytes: nobody else is read`)
  first.send(frames[0]?.slice(PART_BYTES) ?? '')

  for (const agent of agents) t.match(await agent.next('ack'), { seq: 1 })
  t.strictSame(hub.hub.figures, { connected: 6, ended: {}, lateReplies: 0 })
  t.equal(halfRead.bytes, 0)
})

t.test('does not hold against an agent that it is not read', async (t) => {
  const { store } = await openTestStore(t)
  const goingOn = Promise.withResolvers<void>()
  t.teardown(() => goingOn.resolve())
  const asking = Promise.withResolvers<void>()
  const stalled = storeWith(store, {
    apply: async (session, batch) => {
      asking.resolve()
      await goingOn.promise
      return store.apply(session, batch)
    },
  })
  const halfRead = new HalfRead({ mostBytes: 20_000, patienceMs: 1000, sweepMs: 10 })
  const hub = await startHub(t, stalled, { halfRead })
  const held = await welcomed(t, hub, 'held')
  const other = await welcomed(t, hub, 'other')
  const first = held.stream.frame([putFinding('a')])
  const next = held.stream.frame([putFinding('b')]).padEnd(30_000)
  // All of it is there before the hub reads.
  held.send(first)
  held.socket.send(next.slice(0, 25_000), { fin: false })
  await asking.promise
  t.ok(halfRead.bytes >= 25_000, 'it was read along')
  sendPart(other)
  await other.closed()
  held.socket.send(next.slice(25_000))
  goingOn.resolve()

  t.match([await held.next('ack'), await held.next('ack')], [{ seq: 1 }, { seq: 2 }])
  t.strictSame(hub.hub.figures.ended, { timeout: 1 })
})

t.test('reads no large frame of who has not said hello', async (t) => {
  const { store } = await openTestStore(t)
  const halfRead = new HalfRead()
  const { url, hub } = await startHub(t, store, { halfRead })
  const stranger = await connectRaw(t, url)
  sendPart(stranger)

  await stranger.closed()
  t.strictSame(hub.figures.ended, { 'too-large': 1 })
  t.equal(halfRead.bytes, 0)
})

t.test('counts nothing of frames that are whole', async (t) => {
  const { store } = await openTestStore(t)
  const halfRead = new HalfRead()
  const hub = await startHub(t, store, { halfRead })
  const agent = await welcomed(t, hub, 'node-1')
  for (const bytes of [10, 100, 1000, 20_000, 60_000, 65_000, 66_000, 200_000]) {
    agent.socket.ping()
    agent.send(agent.stream.frame([putFinding(bytes, { summary: 'x'.repeat(bytes) })]))
    await agent.next('ack')
  }

  t.equal(halfRead.bytes, 0)
})

/** Sends a message that does not end. */
function sendPart({ socket }: RawAgent): void {
  socket.send('x'.repeat(PART_BYTES), { fin: false })
}
