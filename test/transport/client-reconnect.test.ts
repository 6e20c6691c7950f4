import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { t } from 'tap'
import { startClient } from '../helpers/client.ts'
import { scriptCollector } from '../helpers/scripted-collector.ts'
import { until } from '../helpers/until.ts'

const BACKOFF = { firstMs: 100, mostMs: 1000 }

t.test('waits longer after every failure, and starts over once it was welcome', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector, { backoff: BACKOFF, random: () => 1 })
  for (let failure = 0; failure < 4; failure += 1) (await collector.connection()).socket.terminate()
  const connection = await collector.connection()
  await connection.welcome()
  await connection.next('snapshot')
  connection.socket.terminate()
  await collector.connection()

  t.strictSame(client.waits, [200, 400, 800, 1000, 100])
})

t.test('stays away as long as the collector asks', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector, { backoff: BACKOFF, random: () => 1 })
  const connection = await collector.connection()
  connection.send({ type: 'bye', reason: 'shutting-down', retryAfterMs: 7000 })
  connection.socket.close()
  await collector.connection()

  t.strictSame(client.waits, [7000])
  t.match(client.log.lines, [['the collector ended the connection', { reason: 'shutting-down' }]])
})

t.test('stays away for ten minutes at most, whatever the collector asks', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector, { backoff: BACKOFF, random: () => 0 })
  const connection = await collector.connection()
  connection.send({ type: 'bye', reason: 'shutting-down', retryAfterMs: 2 ** 40 })
  connection.socket.close()
  await collector.connection()
  t.strictSame(client.waits, [600_000])

  const refusing = await scriptCollector(t)
  refusing.refuse(503, `Retry-After: ${'9'.repeat(400)}\r\n`)
  const refused = startClient(t, refusing, { backoff: BACKOFF, random: () => 0 })
  t.equal(await until(() => refused.waits[0]), 600_000)
})

t.test('keeps a connection whose collector names a ping interval that no timer holds', async (t) => {
  const collector = await scriptCollector(t)
  startClient(t, collector)
  const connection = await collector.connection()
  await connection.welcome({ limits: { maxUnackedBytes: 1024, pingIntervalMs: 2 ** 40 } })
  await connection.next('snapshot')
  // A timer that was too long would have fired after 1 ms.
  await setTimeout(50)

  t.equal(connection.socket.readyState, connection.socket.OPEN)
})

t.test('names the status of a refusal, and stays away as long as it asks', async (t) => {
  const meanings = { 401: /enrolment token/, 403: /may not connect/, 409: /another agent/, 503: /not ready/ }
  for (const [status, meaning] of Object.entries(meanings)) {
    const collector = await scriptCollector(t)
    collector.refuse(Number(status), 'Retry-After: 3\r\n')
    const client = startClient(t, collector, { backoff: BACKOFF, random: () => 0 })
    await until(() => client.waits[0])

    t.equal(client.waits[0], 3000)
    t.equal(client.log.lines.length, client.waits.length, 'says it once')
    t.match(client.log.lines[0], ['the collector refused the connection', { status: Number(status), meaning }])
  }
})

t.test('gives up a collector that says nothing, and answers no ping', async (t) => {
  const collector = await scriptCollector(t)
  const client = startClient(t, collector)
  const connection = await collector.connection()
  await connection.welcome({ limits: { maxUnackedBytes: 1, pingIntervalMs: 10 } })
  // What is not read is not answered either.
  connection.socket.pause()

  const said = await until(() => client.log.lines.find(([message]) => message === 'the collector is silent'))
  t.match(said, ['the collector is silent', { timeoutMs: 25 }])
})

t.test('gives up a collector that does not welcome it', async (t) => {
  const collector = await scriptCollector(t)
  startClient(t, collector, { connectTimeoutMs: 20 })
  const connection = await collector.connection()
  await once(connection.socket, 'close')

  t.match(connection.frames, [{ type: 'hello' }])
})

t.test('keeps a quiet connection as long as the collector pings', async (t) => {
  const collector = await scriptCollector(t)
  startClient(t, collector)
  const connection = await collector.connection()
  await connection.welcome({ limits: { maxUnackedBytes: 1, pingIntervalMs: 400 } })
  // Longer than it would wait in silence, which is two and a half intervals.
  for (const start = Date.now(); Date.now() - start < 1500; await setTimeout(20)) {
    connection.socket.ping()
    await once(connection.socket, 'pong')
  }

  t.equal(connection.socket.readyState, connection.socket.OPEN)
})
