import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { type StartedCollector, startCollector } from '../helpers/collector.ts'

t.test('ends the session, which no copy of the cookie brings back, and takes the cookie away', async (t) => {
  const collector = await startCollector(t)
  const cookie = await logIn(collector)
  const response = await logOut(collector, { cookie, origin: collector.url })

  t.equal(response.status, 303)
  t.equal(response.headers.get('location'), '/')
  t.match(response.headers.get('set-cookie'), /^nsentinel_session_\d+=; Path=\/; HttpOnly; SameSite=Strict; Max-Age=0$/)
  t.equal(await statusOf(collector, cookie), 401)
  t.match(collector.logText(), /"detail":"by the login address".*"msg":"a browser logged out"/)
})

t.test('ends what this session watches, and no other one', async (t) => {
  const collector = await startCollector(t, { live: { checkIntervalMs: 20 } })
  const [gone, stays] = [await logIn(collector), await logIn(collector)]
  const [ending, other] = [await watch(t, collector, gone), await watch(t, collector, stays)]
  const end = once(ending, 'close')
  await logOut(collector, { cookie: gone, origin: collector.url })

  t.equal((await end)[0], 4401)
  t.equal(other.readyState, other.OPEN)
  t.equal(await statusOf(collector, stays), 200)
})

t.test('is not done for a page of another site, nor for one that does not say which', async (t) => {
  const collector = await startCollector(t)
  const cookie = await logIn(collector)
  const origins = [{ origin: 'http://evil.example' }, { origin: 'null' }, {}]

  for (const origin of origins) t.equal((await logOut(collector, { cookie, ...origin })).status, 403)
  t.equal(await statusOf(collector, cookie), 200)
})

t.test('says nothing of who was not logged in', async (t) => {
  const collector = await startCollector(t)
  const name = (await logIn(collector)).split('=')[0]
  const strangers = [{}, { cookie: `${name}=` }, { cookie: `${name}=${'x'.repeat(43)}` }]

  for (const stranger of strangers) {
    t.equal((await logOut(collector, { origin: collector.url, ...stranger })).status, 303)
  }
  t.notMatch(collector.logText(), 'logged out')
})

async function logIn({ logins }: StartedCollector): Promise<string> {
  const response = await fetch(logins.at(-1) ?? 'missing', { redirect: 'manual' })
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

function logOut({ url }: StartedCollector, headers: Record<string, string>): Promise<Response> {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  return fetch(`${url}/logout`, { method: 'POST', headers: { ...form, ...headers }, redirect: 'manual' })
}

async function statusOf({ url }: StartedCollector, cookie: string): Promise<number> {
  return (await fetch(`${url}/api/v1/nodes`, { headers: { cookie } })).status
}

async function watch(t: Test, { url }: StartedCollector, cookie: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`, { headers: { cookie, origin: url } })
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  return socket
}
