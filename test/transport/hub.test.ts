import { once } from 'node:events'
import { t } from 'tap'
import { WebSocket } from 'ws'
import { MAX_FRAME_BYTES } from '../../src/transport/protocol.ts'
import { connectRaw, startHub } from '../helpers/hub.ts'
import { openTestStore, storeWith } from '../helpers/store.ts'
import { putFinding, recordingLog, testStream } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

t.test('welcomes an agent, takes its state and acknowledges what is stored', async (t) => {
  const { store } = await openTestStore(t)
  const { url, hub, changes } = await startHub(t, store)
  const stream = testStream()
  const agent = await connectRaw(t, url)

  agent.send({ type: 'hello', ...stream.hello() })
  t.match(await agent.next('welcome'), { want: 'snapshot', ackedSeq: 0, limits: { maxUnackedBytes: Number } })
  agent.send(stream.snapshotFrame())
  t.match(await agent.next('ack'), { epoch: stream.spool.epoch, seq: 0 })
  agent.send(stream.frame([putFinding('a')]))
  t.match(await agent.next('ack'), { seq: 1 })
  t.match(hub.figures, { connected: 1, ended: {} })
  t.match(changes.at(-1), { node: 'node-1', types: ['finding'], findings: [{ status: 'open' }] })
  agent.socket.close()
  await until(() => (hub.figures.connected === 0 ? true : undefined))
  t.match(await store.readNode('node-1'), { status: 'late' })
})

t.test('ends a connection that breaks the protocol, names why, and counts it', async (t) => {
  const { store } = await openTestStore(t)
  const { url, hub } = await startHub(t, store)
  const stream = testStream()
  const hello = JSON.stringify({ type: 'hello', ...stream.hello() })
  const breaches = {
    garbage: ['malformed', 'garbage'],
    'a binary frame': ['malformed', Buffer.from(hello)],
    'no hello': ['unexpected', stream.frame([putFinding('a')])],
    'a second hello': ['unexpected', hello, hello],
    'a reply to nothing': ['unexpected', hello, '{"type":"reply","id":"1","status":"refused","reason":""}'],
    'a batch without snapshot': ['wrong-epoch', hello, stream.frame([putFinding('b')])],
    'a part without the one before': [
      'out-of-order',
      hello,
      `{"type":"snapshot","epoch":"${stream.spool.epoch}","asOfSeq":1,"takenAt":1,"part":2,"parts":2,"items":[]}`,
    ],
  } as const

  for (const [name, [reason, ...frames]] of Object.entries(breaches)) {
    const agent = await connectRaw(t, url)
    const before = hub.figures.ended[reason] ?? 0
    for (const frame of frames) agent.send(frame)
    t.match(await agent.closed(), { code: 4000, reason }, name)
    t.match(agent.frames.at(-1), { type: 'bye', reason, retryAfterMs: Number }, name)
    t.equal(hub.figures.ended[reason], before + 1, name)
  }
})

t.test('refuses a frame that is too large before it has read it', async (t) => {
  const { store } = await openTestStore(t)
  const { url, hub } = await startHub(t, store)
  const agent = await connectRaw(t, url)

  agent.send('x'.repeat(MAX_FRAME_BYTES + 1))
  t.match(await agent.closed(), { code: 1009 })
  await until(() => (hub.figures.ended['too-large'] === 1 ? true : undefined))
})

t.test('speaks nothing but its own protocol', async (t) => {
  const { store } = await openTestStore(t)
  const incidents: unknown[] = []
  const { url } = await startHub(t, store, { onIncident: (it) => incidents.push(it) })
  const socket = new WebSocket(url)
  const [code] = await once(socket, 'close')
  t.equal(code, 1002)
  t.match(incidents, [{ action: 'refused', reason: 'wrong-protocol', address: '127.0.0.1' }])
  const other = new WebSocket(url, 'nsentinel.v2')
  t.match(await once(other, 'error'), [{ message: /subprotocol/ }])
})

t.test('gives up an agent that says no hello', async (t) => {
  const { store } = await openTestStore(t)
  const { url } = await startHub(t, store, { helloTimeoutMs: 20 })
  const agent = await connectRaw(t, url)

  t.match(await agent.closed(), { code: 4000, reason: 'timeout' })
})

t.test('gives up an agent that answers no ping', async (t) => {
  const { store } = await openTestStore(t)
  const { url, hub } = await startHub(t, store, { limits: { pingIntervalMs: 50 } })
  const agent = await connectRaw(t, url)
  agent.send({ type: 'hello', ...testStream().hello() })
  await agent.next('welcome')

  // A paused socket reads no ping, so it answers none.
  agent.socket.pause()
  await until(() => (hub.figures.ended.timeout === 1 ? true : undefined))
  await until(() => (hub.figures.connected === 0 ? true : undefined))
})

t.test('refuses a second live agent of the same identity, and takes it when the first is dead', async (t) => {
  const { store } = await openTestStore(t)
  const log = recordingLog()
  const { url, hub } = await startHub(t, store, { log, probeTimeoutMs: 100 })
  const first = await connectRaw(t, url)
  first.send({ type: 'hello', ...testStream().hello() })
  await first.next('welcome')

  const second = await connectRaw(t, url)
  second.send({ type: 'hello', ...testStream().hello({ bootId: 'boot-2' }) })
  t.match(await second.next('bye'), { reason: 'already-connected' })
  t.match(
    log.lines.find(([message]) => message.includes('same identity')),
    [String, { agentId: 'agent-of-node-1', bootId: 'boot-2', otherBootId: 'boot-1' }],
  )
  t.equal(first.socket.readyState, WebSocket.OPEN)

  first.socket.pause()
  const third = await connectRaw(t, url)
  third.send({ type: 'hello', ...testStream().hello({ bootId: 'boot-2' }) })
  t.match(await third.next('welcome'), { want: 'snapshot' })
  await until(() => (hub.figures.connected === 1 ? true : undefined))
})

t.test('lets an agent take over its own lost connection at once', async (t) => {
  const { store } = await openTestStore(t)
  const { url } = await startHub(t, store)
  const stream = testStream()
  const lost = await connectRaw(t, url)
  lost.send({ type: 'hello', ...stream.hello() })
  await lost.next('welcome')

  const again = await connectRaw(t, url)
  again.send({ type: 'hello', ...stream.hello() })
  await again.next('welcome')
  t.match(await lost.closed(), { reason: 'fenced' })
  again.send(stream.snapshotFrame())
  t.match(await again.next('ack'), { seq: 0 })
})

t.test('says goodbye with the time to come back, and takes nobody any more', async (t) => {
  const { store } = await openTestStore(t)
  const { url, hub } = await startHub(t, store, { spreadMs: 4000, random: () => 0.5 })
  const agent = await connectRaw(t, url)
  agent.send({ type: 'hello', ...testStream().hello() })
  await agent.next('welcome')
  const closing = hub.close(AbortSignal.timeout(10_000))

  t.match(await agent.next('bye'), { reason: 'shutting-down', retryAfterMs: 2000 })
  await closing
  await t.rejects(connectRaw(t, url), { message: /503/ })
})

t.test('reads no further while the store is busy with a batch', async (t) => {
  const { store } = await openTestStore(t)
  const gate = Promise.withResolvers<void>()
  const applied: number[] = []
  const slow = storeWith(store, {
    apply: async (session, batch) => {
      applied.push(batch.firstSeq)
      await gate.promise
      return store.apply(session, batch)
    },
  })
  const { url } = await startHub(t, slow)
  const stream = testStream()
  const agent = await connectRaw(t, url)
  agent.send({ type: 'hello', ...stream.hello() })
  await agent.next('welcome')
  agent.send(stream.snapshotFrame())
  await agent.next('ack')
  // More than the buffers of two sockets hold, so that some of it cannot leave this process.
  const summary = 'x'.repeat(200_000)
  for (let index = 0; index < 60; index += 1) agent.send(stream.frame([putFinding(index % 4, { summary })]))
  await until(() => (applied.length > 0 ? true : undefined))

  t.strictSame(applied, [1])
  t.ok(agent.socket.bufferedAmount > 0, 'the rest waits at the sender')
  gate.resolve()
  await until(() => (agent.frames.some((frame) => frame.type === 'ack' && frame.seq === 60) ? true : undefined))
  t.equal(applied.length, 60)
})

t.test('ends the connection, not the collector, when the store fails', async (t) => {
  const { store } = await openTestStore(t)
  const broken = { ...store, judge: async () => null, open: () => Promise.reject(new Error('disk full')) }
  const log = recordingLog()
  const { url } = await startHub(t, broken, { log })
  const agent = await connectRaw(t, url)
  agent.send({ type: 'hello', ...testStream().hello() })

  t.match(await agent.next('bye'), { reason: 'store-failed', retryAfterMs: 5000 })
  t.match(log.lines, [[/could not take/, { err: { message: 'disk full' } }]])
})
