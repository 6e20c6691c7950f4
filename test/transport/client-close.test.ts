import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { t } from 'tap'
import { startClient } from '../helpers/client.ts'
import { scriptCollector } from '../helpers/scripted-collector.ts'
import { until } from '../helpers/until.ts'

const sleepLong = (_ms: number, signal: AbortSignal) => setTimeout(60_000, undefined, { signal })

t.test('sends what waits before it closes', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  const closing = client.close(AbortSignal.timeout(10_000))
  const connection = await collector.connection()
  await connection.welcome()
  const snapshot = await connection.next('snapshot')
  t.equal(connection.socket.readyState, connection.socket.OPEN)
  connection.ack(snapshot)
  await closing

  t.equal(connection.socket.readyState, connection.socket.CLOSED)
})

t.test('gives up what waits when the signal fires', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  const connection = await collector.connection()
  const stop = new AbortController()
  const closing = client.close(stop.signal)
  stop.abort()

  await closing
  await once(connection.socket, 'close')
})

t.test('closes at once, although something waits, when the collector has turned it away', async (t) => {
  const refusing = await scriptCollector(t)
  refusing.refuse(401, 'Nsentinel-Reason: wrong-token\r\n')
  const refused = startClient(t, refusing, { sleep: sleepLong })
  await until(() => refused.log.lines[0])
  await refused.close(AbortSignal.timeout(60_000))

  const collector = await scriptCollector(t)
  const stranger = startClient(t, collector, { sleep: sleepLong })
  const connection = await collector.connection()
  const closing = stranger.close(AbortSignal.timeout(60_000))
  connection.send({ type: 'bye', reason: 'wrong-secret', retryAfterMs: 60_000 })
  connection.socket.close()
  await closing
  t.match(stranger.log.lines, [
    ['the agent stops: for a few seconds it tries to send what waits', {}],
    ['the collector ended the connection', { reason: 'wrong-secret' }],
  ])
})

t.test('sends what waits before it ends where it was turned away once, and let in since', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  const refusing = await collector.connection()
  refusing.send({ type: 'bye', reason: 'already-connected', retryAfterMs: 60_000 })
  refusing.socket.close()
  const connection = await collector.connection()
  await connection.welcome()
  const snapshot = await connection.next('snapshot')
  let closed = false
  const closing = client.close(AbortSignal.timeout(60_000)).then(() => {
    closed = true
  })
  await until(() => client.log.lines.find(([message]) => message.startsWith('the agent stops')))
  t.notOk(closed)
  connection.ack(snapshot)
  await closing

  t.ok(client.spool.isDrained)
})

t.test('goes on trying to send what waits when the collector itself stops', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector, { random: () => 0 })
  const closing = client.close(AbortSignal.timeout(60_000))
  const stopping = await collector.connection()
  stopping.send({ type: 'bye', reason: 'shutting-down', retryAfterMs: 1 })
  stopping.socket.close()
  const connection = await collector.connection()
  connection.ack(await connection.welcome().then(() => connection.next('snapshot')))
  await closing

  t.equal(client.waits[0], 1, 'it came again as it was asked to')
})

t.test('closes at once when nothing waits, connected or not', async (t) => {
  const client = startClient(t, { url: new URL('ws://127.0.0.1:1/agents') }, { sleep: sleepLong, isTold: false })
  const patience = AbortSignal.timeout(60_000)
  await client.close(patience)

  const collector = await scriptCollector(t)
  const connected = startClient(t, collector)
  const connection = await collector.connection()
  connection.ack(await connection.welcome().then(() => connection.next('snapshot')))
  await connected.close(patience)
  t.equal(patience.aborted, false)
})
