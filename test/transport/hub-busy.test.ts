import { t } from 'tap'
import type { IngestStore } from '../../src/store/store.ts'
import { connectRaw, startHub } from '../helpers/hub.ts'
import { openTestStore } from '../helpers/store.ts'
import { testStream } from '../helpers/stream.ts'

t.test('keeps an agent whose frame is being stored for longer than a ping may take', async (t) => {
  const { store } = await openTestStore(t)
  const storing = Promise.withResolvers<void>()
  const stored = Promise.withResolvers<void>()
  const slow: IngestStore = {
    judge: (...args) => store.judge(...args),
    open: (...args) => store.open(...args),
    apply: (session, batch) => store.apply(session, batch),
    look: (session, look) => store.look(session, look),
    end: (session) => store.end(session),
    stage: async (...args) => {
      storing.resolve()
      await stored.promise
      return store.stage(...args)
    },
  }
  t.teardown(() => stored.resolve())
  const { url } = await startHub(t, slow, { probeTimeoutMs: 20 })
  const stream = testStream()
  const first = await connectRaw(t, url)
  first.send({ type: 'hello', ...stream.hello() })
  await first.next('welcome')
  first.send(stream.snapshotFrame())
  await storing.promise

  const rival = await connectRaw(t, url)
  rival.send({ type: 'hello', ...testStream().hello({ bootId: 'boot-2' }) })
  t.match(await rival.next('bye'), { reason: 'already-connected' })
  stored.resolve()
  t.match(await first.next('ack'), { seq: 0 })
})
