import { once } from 'node:events'
import { t } from 'tap'
import { WebSocket } from 'ws'
import type { Incident } from '../../src/transport/admission.ts'
import { connectRaw, startHub } from '../helpers/hub.ts'
import { openTestStore } from '../helpers/store.ts'
import { putFinding, recordingLog, testStream } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

const PLENTY = { perSecond: 1e9, burst: 1e9 }
const LOOK = { type: 'look', takenAt: 1, durationMs: 1, processes: 1, threads: 1, residentBytes: 1, cpuMs: 1 }

t.test('reads an agent that sends more than it may more slowly, and loses nothing of it', async (t) => {
  const { store } = await openTestStore(t)
  const log = recordingLog()
  const events = { perSecond: 100, burst: 1 }
  const { url, hub } = await startHub(t, store, { log, rates: { frames: PLENTY, events, bytes: PLENTY } })
  const stream = testStream()
  const agent = await connectRaw(t, url)
  agent.send({ type: 'hello', ...stream.hello() })
  await agent.next('welcome')
  agent.send(stream.snapshotFrame())
  await agent.next('ack')
  const startedAt = performance.now()
  for (let index = 0; index < 30; index += 1) agent.send(stream.frame([putFinding(index)]))
  await until(() => (agent.frames.some((frame) => frame.type === 'ack' && frame.seq === 30) ? true : undefined))

  t.ok(performance.now() - startedAt > 250, 'thirty events at a hundred a second')
  t.strictSame(hub.figures.ended, {})
  t.equal(log.lines.filter(([message]) => message === 'slowing an agent down').length, 1)
})

t.test('serves others while an agent floods it, and then sends that one away for a while', async (t) => {
  const { store } = await openTestStore(t)
  const incidents: Incident[] = []
  let offsetMs = 0
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() + offsetMs })
  // So slow that the first frame beyond the burst would wait for most of a minute.
  const rates = { frames: { perSecond: 0.2, burst: 100 }, events: PLENTY, bytes: PLENTY }
  const options = { rates, onIncident: (it: Incident) => incidents.push(it) }
  const { url } = await startHub(t, store, options)
  const [flooding, good] = [testStream('flooding'), testStream('good')]
  const flood = await connectRaw(t, url, 'flood')
  flood.send({ type: 'hello', ...flooding.hello() })
  await flood.next('welcome')
  const other = await connectRaw(t, url, 'good')
  other.send({ type: 'hello', ...good.hello() })
  await other.next('welcome')
  other.send(good.snapshotFrame())
  await other.next('ack')

  for (let index = 0; index < 2000; index += 1) flood.send(LOOK)
  for (let index = 0; index < 20; index += 1) {
    other.send(good.frame([putFinding(index)]))
    await other.next('ack')
  }
  t.match(await flood.closed(), { code: 4000, reason: 'too-fast' })
  const bye = flood.frames.at(-1)
  t.ok(bye?.type === 'bye' && bye.retryAfterMs > 30_000 && bye.retryAfterMs <= 60_000)
  t.match(incidents.at(-1), { action: 'refused', reason: 'too-fast', agentId: 'agent-of-flooding' })

  offsetMs = -86_400_000
  const again = await connectRaw(t, url, 'flood')
  again.send({ type: 'hello', ...flooding.hello() })
  const refusal = await again.next('bye')
  t.match(refusal, { reason: 'too-fast' })
  t.ok(refusal.retryAfterMs <= 60_000, 'a clock that is set back bars nobody for longer')
})

t.test('takes no snapshot without end', async (t) => {
  const { store } = await openTestStore(t)
  const few = { type: 'gap', key: 'k', value: 'x'.repeat(2000) }
  const cases = [
    { maxSnapshot: { bytes: 5000, rows: 1e9 }, items: [few] },
    { maxSnapshot: { bytes: 1e9, rows: 5 }, items: ['a', 'b'].map((key) => ({ type: 'gap', key, value: 1 })) },
  ]
  for (const [index, { maxSnapshot, items }] of cases.entries()) {
    const incidents: Incident[] = []
    const { url } = await startHub(t, store, { maxSnapshot, onIncident: (it) => incidents.push(it) })
    const stream = testStream(`node-${index}`)
    const agent = await connectRaw(t, url, `node-${index}`)
    agent.send({ type: 'hello', ...stream.hello() })
    await agent.next('welcome')
    const epoch = stream.spool.epoch
    const part = (number: number) => ({ type: 'snapshot', epoch, asOfSeq: 0, takenAt: 1, part: number, parts: 9 })
    for (const number of [1, 2, 1, 2, 3]) agent.send({ ...part(number), items })

    t.match(await agent.closed(), { code: 4000, reason: 'too-large' })
    t.match(incidents.at(-1), { reason: 'too-large', detail: /^a snapshot of more than 5/ })
  }
})

t.test('has room for so many that were not welcomed yet, and tells the others when to return', async (t) => {
  const { store } = await openTestStore(t)
  const incidents: Incident[] = []
  const lobby = { all: 10, ofAddress: 2 }
  const { url } = await startHub(t, store, { lobby, random: () => 0, onIncident: (it) => incidents.push(it) })
  const [first] = [await connectRaw(t, url), await connectRaw(t, url)]
  const refusal = new WebSocket(url, 'nsentinel.v1')
  const [, response] = await once(refusal, 'unexpected-response')

  t.match(response, { statusCode: 503, headers: { 'retry-after': '1', 'nsentinel-reason': 'too-many-connections' } })
  t.match(incidents, [{ reason: 'too-many-connections', address: '127.0.0.1' }])
  first?.send({ type: 'hello', ...testStream().hello() })
  await first?.next('welcome')
  await connectRaw(t, url)
})
