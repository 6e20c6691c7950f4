import { type Test, t } from 'tap'
import { connectRaw, type RawAgent, type StartedHub, startHub } from '../helpers/hub.ts'
import { openTestStore, storeWith } from '../helpers/store.ts'
import { type TestStream, testStream } from '../helpers/stream.ts'

interface Storing extends StartedHub {
  readonly stream: TestStream
  readonly first: RawAgent
  /** Lets the store have the frame. */
  stored(): void
}

/** Starts a hub that does not get done with storing the frame of an agent. */
async function startStoring(t: Test, probeTimeoutMs?: number): Promise<Storing> {
  const { store } = await openTestStore(t)
  const storing = Promise.withResolvers<void>()
  const stored = Promise.withResolvers<void>()
  const slow = storeWith(store, {
    stage: async (...args) => {
      storing.resolve()
      await stored.promise
      return store.stage(...args)
    },
  })
  t.teardown(() => stored.resolve())
  const hub = await startHub(t, slow, probeTimeoutMs === undefined ? {} : { probeTimeoutMs })
  const stream = testStream()
  const first = await connectRaw(t, hub.url)
  first.send({ type: 'hello', ...stream.hello() })
  await first.next('welcome')
  first.send(stream.snapshotFrame())
  await storing.promise
  return { ...hub, stream, first, stored: stored.resolve }
}

t.test('keeps an agent whose frame is being stored for longer than a ping may take', async (t) => {
  const { url, first, stored } = await startStoring(t)

  const rival = await connectRaw(t, url)
  rival.send({ type: 'hello', ...testStream().hello({ bootId: 'boot-2' }) })
  t.match(await rival.next('bye'), { reason: 'already-connected' })
  stored()
  t.match(await first.next('ack'), { seq: 0 })
})

t.test('lets an agent in again that was killed while a frame of it was being stored', async (t) => {
  const { url, first, stream, stored } = await startStoring(t)
  first.socket.terminate()

  const next = await connectRaw(t, url)
  next.send({ type: 'hello', ...stream.hello({ bootId: 'boot-2' }) })
  await next.next('welcome')
  stored()
  next.send(stream.snapshotFrame())
  t.match(await next.next('ack'), { seq: 0 })
})

t.test('lets another process in where the one whose frame is being stored no longer answers', async (t) => {
  const { url, first, stream, stored } = await startStoring(t, 100)
  first.socket.pause()

  const next = await connectRaw(t, url)
  next.send({ type: 'hello', ...stream.hello({ bootId: 'boot-2' }) })
  t.match(await next.next('welcome'), { want: 'snapshot' })
  stored()
})
