import { t } from 'tap'
import { WebSocket } from 'ws'
import type { Incident } from '../../src/transport/admission.ts'
import { digestText } from '../../src/transport/digest.ts'
import { connectRaw, startHub } from '../helpers/hub.ts'
import { openTestStore } from '../helpers/store.ts'
import { putFinding, testStream } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

t.test('refuses a second process with a copy of a live one: same boot, same epoch, same secret', async (t) => {
  const { store } = await openTestStore(t)
  const { url } = await startHub(t, store)
  const stream = testStream()
  const first = await connectRaw(t, url)
  first.send({ type: 'hello', ...stream.hello({ run: 'a'.repeat(32) }) })
  await first.next('welcome')
  const copy = await connectRaw(t, url)
  copy.send({ type: 'hello', ...stream.hello({ run: 'b'.repeat(32) }) })

  t.match(await copy.next('bye'), { reason: 'already-connected' })
  t.equal(first.socket.readyState, WebSocket.OPEN)
})

t.test('keeps who was refused even of one that hangs up before it could hear so', async (t) => {
  const { store } = await openTestStore(t)
  const incidents: Incident[] = []
  const { url, hub } = await startHub(t, store, { onIncident: (incident) => incidents.push(incident) })
  const first = await connectRaw(t, url, 'one secret')
  first.send({ type: 'hello', ...testStream().hello() })
  await first.next('welcome')
  const thief = await connectRaw(t, url, 'another secret')
  // Both are there before the hub reads.
  thief.send({ type: 'hello', ...testStream().hello() })
  thief.socket.close()
  await thief.closed()

  t.match(await until(() => incidents.find(({ action }) => action === 'refused')), {
    reason: 'already-connected',
    agentId: 'agent-of-node-1',
    node: 'node-1',
  })
  t.strictSame([thief.frames, hub.figures.ended], [[], { 'already-connected': 1 }])
})

t.test('tells an agent that goes on what its state is stored as', async (t) => {
  const { store } = await openTestStore(t)
  const { url } = await startHub(t, store)
  const stream = testStream()
  const first = await connectRaw(t, url)
  first.send({ type: 'hello', ...stream.hello() })
  t.notOk('digest' in (await first.next('welcome')), 'nothing is stored yet')
  stream.spool.append([putFinding('a')])
  first.send(stream.snapshotFrame())
  await first.next('ack')
  const again = await connectRaw(t, url)
  again.send({ type: 'hello', ...stream.hello() })

  const { digest } = stream.spool.readState()
  t.match(await again.next('welcome'), { want: 'resume', ackedSeq: 1, digest: digestText(digest) })
})

t.test('turns away a hello that a later one of the same process has overtaken', async (t) => {
  const { store } = await openTestStore(t)
  const { url } = await startHub(t, store)
  const stream = testStream()
  const run = 'a'.repeat(32)
  const early = stream.hello({ run, attempt: 1 })
  const later = await connectRaw(t, url)
  later.send({ type: 'hello', ...stream.hello({ run, attempt: 2 }) })
  await later.next('welcome')
  later.send(stream.snapshotFrame())
  await later.next('ack')
  later.send(stream.frame([putFinding('a')]))
  await later.next('ack')
  const zombie = await connectRaw(t, url)
  zombie.send({ type: 'hello', ...early })

  t.match(await zombie.next('bye'), { reason: 'fenced', retryAfterMs: 0 })
  later.send(stream.frame([putFinding('b')]))
  t.match(await later.next('ack'), { seq: 2 }, 'its stream goes on')
})
