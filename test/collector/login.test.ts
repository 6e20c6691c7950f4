import t from 'tap'
import { startCollector } from '../helpers/collector.ts'

t.test('a one-time token opens a session, once, and is gone from the address', async (t) => {
  const collector = await startCollector(t)

  const first = await visit(at(collector.logins, 0))
  const cookie = cookieOf(first)
  const again = await visit(at(collector.logins, 0))

  t.equal(first.status, 303)
  t.equal(first.headers.get('location'), '/')
  t.match(first.headers.get('set-cookie'), /^nsentinel_session_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  t.equal((await visit(`${collector.url}/api/v1/nodes`, { cookie })).status, 200)
  t.equal(again.status, 401)
  t.match(await again.text(), 'wrong or was used')
})

t.test('whoever started it is told the next token when one was used', async (t) => {
  const collector = await startCollector(t)

  await visit(at(collector.logins, 0))

  t.equal(collector.logins.length, 2)
  t.equal((await visit(at(collector.logins, 1))).status, 303)
})

t.test('a HEAD request, as link previews send, does not use the token up', async (t) => {
  const collector = await startCollector(t)

  const head = await fetch(at(collector.logins, 0), { method: 'HEAD', redirect: 'manual' })

  t.not(head.status, 303)
  t.equal((await visit(at(collector.logins, 0))).status, 303)
})

t.test('a login address opened by somebody who is logged in is not used up', async (t) => {
  const collector = await startCollector(t)
  const cookie = cookieOf(await visit(at(collector.logins, 0)))

  const response = await visit(at(collector.logins, 1), { cookie })

  t.equal(response.status, 303)
  t.equal(collector.logins.length, 2)
})

t.test('the address of the form leads to the page that has it', async (t) => {
  const collector = await startCollector(t)

  const response = await visit(`${collector.url}/login`)

  t.equal(response.status, 303)
  t.equal(response.headers.get('location'), '/')
})

t.test('a page without a session tells how to get in, and the API answers 401 in JSON', async (t) => {
  const collector = await startCollector(t)

  const page = await visit(collector.url)
  const api = await visit(`${collector.url}/api/v1/findings`)

  t.equal(page.status, 401)
  t.match(page.headers.get('content-type'), 'text/html')
  t.match(await page.text(), /Open the address that nsentinel printed/)
  t.equal(api.status, 401)
  t.match(api.headers.get('content-type'), 'application/problem+json')
  t.match(await api.json(), { status: 401, code: 'unauthorized' })
})

t.test('a session that is not used ends after 12 hours', async (t) => {
  let now = 0
  const collector = await startCollector(t, { now: () => now })
  const cookie = cookieOf(await visit(at(collector.logins, 0)))
  const status = async () => (await visit(`${collector.url}/api/v1/nodes`, { cookie })).status

  now += 11 * 3_600_000
  t.equal(await status(), 200)
  now += 11 * 3_600_000
  t.equal(await status(), 200)
  now += 13 * 3_600_000
  t.equal(await status(), 401)
})

t.test('wrong tokens are slowed down by address, and lock nobody out', async (t) => {
  let now = 0
  const collector = await startCollector(t, { now: () => now })
  const wrong = () => visit(`${collector.url}/?token=${'x'.repeat(43)}`)

  for (let attempt = 0; attempt < 10; attempt += 1) t.equal((await wrong()).status, 401)
  const refused = await wrong()

  t.equal(refused.status, 429)
  t.equal(refused.headers.get('retry-after'), '60')
  t.equal((await visit(`${collector.url}/api/v1/nodes`, { authorization: 'Bearer guess' })).status, 429)
  t.equal((await collector.api('/api/v1/nodes')).status, 200)
  t.equal((await visit(at(collector.logins, 0))).status, 303)
  now += 60_000
  t.equal((await wrong()).status, 401)
})

t.test('no token, right or wrong, is in the log', async (t) => {
  const collector = await startCollector(t)
  const wrong = 'wrong-token-wrong-token'

  await visit(at(collector.logins, 0))
  await visit(`${collector.url}/?token=${wrong}`)
  await visit(`${collector.url}/api/v1/nodes`, { authorization: `Bearer ${wrong}` })

  t.match(collector.logText(), 'login failed')
  t.notMatch(collector.logText(), wrong)
  t.notMatch(collector.logText(), at(collector.logins, 0).split('=')[1])
})

t.test('a cookie of another collector on the same host is not mistaken for ours', async (t) => {
  const [one, other] = await Promise.all([startCollector(t), startCollector(t)])
  const cookies = [cookieOf(await visit(at(one.logins, 0))), cookieOf(await visit(at(other.logins, 0)))]

  t.equal((await visit(`${one.url}/api/v1/nodes`, { cookie: cookies.join('; ') })).status, 200)
  t.equal((await visit(`${other.url}/api/v1/nodes`, { cookie: at(cookies, 0) })).status, 401)
})

function visit(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers, redirect: 'manual' })
}

function cookieOf(response: Response): string {
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

function at(list: readonly string[], index: number): string {
  return list[index] ?? 'missing'
}
