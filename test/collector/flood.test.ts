import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { WebSocket } from 'ws'
import { nsentinelHere } from '../helpers/cli.ts'
import { speak, startTrusting, welcomed } from '../helpers/trust.ts'

t.setTimeout(120_000)

const WRONG = 'wrong-wrong-wrong-wrong'
const KINDS = ['the form', 'the login address', 'a bearer token', 'an agent'] as const

t.test('a thousand wrong logins of each kind lock nobody out who comes from the same address', async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  const addresses: string[] = []
  // As behind a proxy: all that come have one address, whatever a header says.
  const collector = await startTrusting(t, { store, onLoginAddress: (address) => void addresses.push(address) })
  const origin = collector.url.origin.replace('ws', 'http')
  const token = await nsentinelHere(['collector', 'token', 'create', 'anna', '--store', store])
  const cookie = cookieOf(await logIn(origin, token.stdout))
  const live = new WebSocket(`${collector.url.origin}/api/v1/live`, { headers: { cookie, origin } })
  t.teardown(() => live.terminate())
  await once(live, 'message')
  const agent = speak(t, collector)
  await welcomed(agent)
  await agent.close(AbortSignal.timeout(5000))

  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => guess(origin, KINDS, `198.51.100.${index}`)))
  }
  for (const kind of KINDS) t.equal(await guess(origin, [kind], '198.51.100.1'), 429, kind)
  t.equal(await statusFrom('127.0.0.2', new URL('/login', origin)), 401, 'another address is not slowed down')

  t.equal((await fetch(`${origin}/api/v1/nodes`, { headers: { cookie } })).status, 200)
  t.equal((await logIn(origin, token.stdout)).status, 303)
  t.equal((await fetch(addresses.at(-1) ?? '', { redirect: 'manual' })).status, 303)
  const authorization = `Bearer ${token.stdout}`
  t.equal((await fetch(`${origin}/api/v1/nodes`, { headers: { authorization } })).status, 200)
  t.equal(live.readyState, live.OPEN)
  await welcomed(speak(t, collector, { shows: { enrolmentToken: null } }))
  await welcomed(speak(t, collector, { agentId: 'node-2' }))
  const { items } = await collector.store.listAudit({ limit: 1000 })
  t.ok(items.length < 30, 'and the audit counts instead of listing')
  t.notOk(items.some(({ address }) => address?.startsWith('198.')))
})

/** Tries by every one of these ways, and gives the last one's status. */
async function guess(origin: string, kinds: readonly (typeof KINDS)[number][], forwarded: string): Promise<number> {
  const headers = { 'x-forwarded-for': forwarded, forwarded: `for=${forwarded}` }
  const ways = {
    'the form': () => logIn(origin, WRONG, headers),
    'the login address': () => fetch(`${origin}/?token=${WRONG}`, { headers }),
    'a bearer token': () =>
      fetch(`${origin}/api/v1/nodes`, { headers: { ...headers, authorization: `Bearer ${WRONG}` } }),
    'an agent': () => refuseAgent(origin, headers),
  }
  let status = 0
  for (const kind of kinds) {
    const answer = await ways[kind]()
    status = answer.status
  }
  return status
}

async function logIn(origin: string, token: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = new URLSearchParams({ token })
  const response = await fetch(`${origin}/login`, {
    method: 'POST',
    headers: { origin, ...headers },
    body,
    redirect: 'manual',
  })
  await response.arrayBuffer()
  return response
}

async function refuseAgent(origin: string, headers: Record<string, string>): Promise<{ readonly status: number }> {
  const shown = { authorization: `Bearer ${'x'.repeat(43)}`, 'nsentinel-enrolment': WRONG }
  const place = `${origin.replace('http', 'ws')}/api/v1/agents/connect`
  const socket = new WebSocket(place, { headers: { ...headers, ...shown } })
  socket.on('error', () => socket.terminate())
  const [, response] = await once(socket, 'unexpected-response')
  response.resume()
  return { status: response.statusCode }
}

async function statusFrom(localAddress: string, place: URL): Promise<number | undefined> {
  const headers = { origin: place.origin, 'content-type': 'application/x-www-form-urlencoded' }
  const asked = request(place, { method: 'POST', localAddress, headers }).end(`token=${WRONG}`)
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  asked.on('error', reject).on('response', (response) => {
    response.resume()
    resolve(response.statusCode)
  })
  return promise
}

function cookieOf(response: Response): string {
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}
