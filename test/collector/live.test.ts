import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import type { Changed } from '../../src/store/store.ts'
import { API_TOKEN, ENROLMENT_TOKEN, NO_ENTRY, type StartedCollector, startCollector } from '../helpers/collector.ts'
import { findingView } from '../helpers/views.ts'

const BEARER = { authorization: `Bearer ${API_TOKEN}` }

t.test('greets a dashboard and tells it what changed, in order', async (t) => {
  const collector = await startCollector(t)
  const dashboard = await watch(t, collector, BEARER)
  const finding = findingView({ summary: 'it is so' })

  collector.live.publish(changed({ findings: [finding] }))

  t.strictSame(await dashboard.next(), { type: 'hello', version: 'test' })
  t.strictSame(await dashboard.next(), { type: 'finding', finding })
  t.strictSame(await dashboard.next(), { type: 'changed', node: 'node-1', types: ['finding'] })
})

t.test('of very many findings tells only that they changed', async (t) => {
  const collector = await startCollector(t)
  const dashboard = await watch(t, collector, BEARER)
  const findings = Array.from({ length: 101 }, () => findingView())

  collector.live.publish(changed({ findings }))

  t.match(await dashboard.next(), { type: 'hello' })
  t.match(await dashboard.next(), { type: 'changed' })
})

t.test('a browser session may watch from our own page only', async (t) => {
  const collector = await startCollector(t)
  const cookie = await logIn(collector)
  const port = new URL(collector.url).port

  t.equal(await statusOf(collector, { cookie, origin: collector.url }), 101)
  t.equal(await statusOf(collector, { cookie, origin: 'https://evil.example' }), 403)
  t.equal(
    await statusOf(collector, { cookie, origin: `http://localhost:${port}` }),
    403,
    'another name of this machine',
  )
  t.equal(await statusOf(collector, { cookie, origin: 'null' }), 403)
  t.equal(await statusOf(collector, { cookie }), 403, 'no origin')
  t.equal(await statusOf(collector, { origin: collector.url }), 401)
  t.equal(await statusOf(collector, { ...BEARER, origin: 'https://evil.example' }), 403)
})

t.test('programs watch with an API token, and agents not at all', async (t) => {
  const collector = await startCollector(t)

  t.equal(await statusOf(collector, BEARER), 101)
  t.equal(await statusOf(collector, { authorization: `Bearer ${ENROLMENT_TOKEN}` }), 401)
  t.equal(await statusOf(collector, { ...BEARER, host: 'evil.example' }), 403)
  t.equal(await statusOf(collector, {}), 403)
})

t.test('a dashboard that does not read is dropped, and the others are not', async (t) => {
  const collector = await startCollector(t, { live: { maxBufferedBytes: 1000 } })
  const slow = await watch(t, collector, BEARER)
  const quick = await watch(t, collector, BEARER)
  const closed = once(slow.socket, 'close')
  slow.socket.pause()
  const findings = Array.from({ length: 100 }, () => findingView({ summary: 'x'.repeat(5000) }))

  while (collector.live.figures.dropped === 0) {
    collector.live.publish(changed({ findings }))
    await quick.until((message) => message.type === 'changed')
  }

  t.strictSame(collector.live.figures, { connected: 1, dropped: 1 })
  slow.socket.resume()
  t.equal((await closed)[0], 1006)
})

t.test('a dashboard that no longer answers is dropped', async (t) => {
  const collector = await startCollector(t, { live: { pingIntervalMs: 50 } })
  const dashboard = await watch(t, collector, BEARER, { autoPong: false })

  t.equal((await once(dashboard.socket, 'close'))[0], 1006)
  t.equal(collector.live.figures.dropped, 1)
})

t.test('a dashboard whose session ended is sent away with a code that says so', async (t) => {
  let now = 0
  const collector = await startCollector(t, { live: { checkIntervalMs: 50 }, now: () => now })
  const dashboard = await watch(t, collector, { cookie: await logIn(collector), origin: collector.url })
  await once(dashboard.socket, 'ping')

  now += 24 * 3_600_000

  t.equal((await once(dashboard.socket, 'close'))[0], 4401)
})

t.test('a stopping collector says goodbye and does not wait for who does not', async (t) => {
  const collector = await startCollector(t)
  const polite = await watch(t, collector, BEARER)
  const rude = await watch(t, collector, BEARER)
  const goodbye = once(polite.socket, 'close')
  rude.socket.pause()

  await collector.close()

  t.equal((await goodbye)[0], 1001)
})

t.test('agents are handed over with the enrolment token and a secret of their own only', async (t) => {
  let accepted = 0
  const collector = await startCollector(t, {
    accept: (_request, socket) => {
      accepted += 1
      socket.end('HTTP/1.1 418 Handed Over\r\nConnection: close\r\n\r\n')
    },
  })
  const connect = (headers: Record<string, string>) => statusOf(collector, headers, '/api/v1/agents/connect')
  const secret = { authorization: `Bearer ${'s'.repeat(43)}` }
  const enrolment = { ...secret, 'nsentinel-enrolment': ENROLMENT_TOKEN }

  t.equal(await connect(enrolment), 418)
  t.equal(await connect(secret), 401)
  t.equal(await connect({ authorization: `Bearer ${ENROLMENT_TOKEN}` }), 401)
  t.equal(await connect(BEARER), 401)
  t.equal(await connect({}), 401)
  t.equal(await connect({ authorization: 'Bearer wrong' }), 401)
  t.equal(await connect({ ...enrolment, origin: collector.url }), 403)
  t.equal(accepted, 1)
  t.equal(await statusOf(collector, enrolment, '/elsewhere'), 404)
})

t.test('a connection it cannot decide about is refused, and the collector goes on', async (t) => {
  const authority = {
    ...NO_ENTRY,
    judgeAgent: async () => {
      throw new Error('the token store is gone')
    },
  }
  const collector = await startCollector(t, { authority })

  t.equal(await statusOf(collector, BEARER, '/api/v1/agents/connect'), 500)
  t.match(collector.logText(), 'the token store is gone')
  t.equal((await fetch(`${collector.url}/healthz`)).status, 200)
})

type Headers = Record<string, string>

interface Watcher {
  readonly socket: WebSocket
  next(): Promise<{ readonly type: string }>
  until(wanted: (message: { readonly type: string }) => boolean): Promise<void>
}

async function watch(t: Test, { url }: StartedCollector, headers: Headers, options = {}): Promise<Watcher> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`, { headers, ...options })
  t.teardown(() => socket.terminate())
  const messages: { type: string }[] = []
  socket.on('message', (text) => messages.push(JSON.parse(String(text))))
  await once(socket, 'open')
  const next = async () => {
    while (messages.length === 0) await once(socket, 'message')
    return messages.shift() ?? { type: 'none' }
  }
  const until = async (wanted: (message: { type: string }) => boolean) => {
    while (!wanted(await next()));
  }
  return { socket, next, until }
}

async function logIn({ logins, url }: StartedCollector): Promise<string> {
  const response = await fetch(logins.at(-1) ?? url, { redirect: 'manual' })
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

/** The status that a handshake is answered with. */
async function statusOf({ url }: StartedCollector, headers: Headers, path = '/api/v1/live'): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers })
  return new Promise((resolve) => {
    socket.on('error', () => {})
    socket.on('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.on('unexpected-response', (_request, response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
  })
}

function changed(given: Partial<Changed>): Changed {
  return { node: 'node-1', types: ['finding'], findings: [], ...given }
}
