import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Test, t } from 'tap'
import { WebSocket } from 'ws'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { nsentinelHere } from '../helpers/cli.ts'
import { startPostgres, whyNoPostgres } from '../helpers/postgres.ts'
import { startTrusting } from '../helpers/trust.ts'
import { until } from '../helpers/until.ts'

// A server and two collectors start, which takes seconds where the machine is busy.
t.setTimeout(120_000)

const LATEST_MS = 5000

t.test('makes, lists and revokes tokens while a collector runs', async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  const collector = await startTrusting(t, { store })
  const token = (...args: readonly string[]) => nsentinelHere(['collector', 'token', ...args, '--store', store])

  t.match(await token('list'), { stdout: 'no token was made' })
  const { stdout: secret } = await token('create', 'ci', '--expires-in', '30d')
  t.match(secret, /^[\w-]{43}$/)
  t.equal(await statusOf(collector.url, secret), 200)
  t.match((await token('list')).stdout, /^ci {2}viewer {2}made \S+Z {2}used \S+Z {2}expires \S+Z$/)
  t.notMatch((await token('list')).stdout, secret)
  t.match(await token('create', 'ci'), { exitCode: 2, stderr: /expected a name that no token has or had, got ci/ })
  t.match(await token('revoke', 'ci'), { exitCode: 0, stdout: 'ci is revoked' })
  t.match((await token('list')).stdout, /revoked \S+Z$/)
  t.match(await token('revoke', 'ci'), { exitCode: 2, stderr: /expected the name of a token that is not revoked/ })
  t.match(await token('create', 'a b'), { exitCode: 2, stderr: /expected a name of at most 63 letters/ })
  t.match(await token('create', 'x', '--role', 'root'), { exitCode: 2, stderr: /--role: expected one of viewer, op/ })
})

t.test('says what to do with a store that no collector of this version has used', async (t) => {
  const store = join(t.testdir({ 'empty.db': '' }), 'empty.db')

  t.match(await nsentinelHere(['collector', 'token', 'list', '--store', store]), {
    exitCode: 2,
    stderr: 'nsentinel: expected a store of this version: start this version of the collector on it once',
  })
})

t.test('refuses a store of a later version as the collector does', async (t) => {
  const store = join(t.testdir({}), 'later.db')
  await (await openSqliteStore({ path: store, now: Date.now })).close()
  const database = new DatabaseSync(store)
  database.exec(`insert into kysely_migration values ('9999-later', '2030-01-01')`)
  database.close()

  for (const command of [[], ['token', 'create', 'ci'], ['agents', 'list']]) {
    t.strictSame(await nsentinelHere(['collector', ...command, '--store', store]), {
      exitCode: 3,
      stdout: '',
      stderr: `nsentinel: ${store} was written by a later version of nsentinel (9999-later): run that version, or restore a backup`,
    })
  }
})

t.test('a viewer reads and cannot change anything, an operator may', async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  const { url } = await startTrusting(t, { store })
  const make = async (...args: readonly string[]) =>
    (await nsentinelHere(['collector', 'token', 'create', ...args, '--store', store])).stdout
  const [viewer, operator] = [await make('v'), await make('o', '--role', 'operator')]

  t.equal(await statusOf(url, viewer), 200)
  t.equal(await statusOf(url, viewer, { method: 'POST' }), 403)
  t.equal(await statusOf(url, operator, { method: 'POST' }), 404, 'nothing is there to be changed')
  t.equal(await statusOf(url, operator, { method: 'POST', headers: { origin: 'http://evil.example' } }), 403)
})

t.test(
  'a revoked token stops working on every replica, and its dashboards end',
  { skip: whyNoPostgres() },
  async (t) => {
    const { replicas, file, token } = await startReplicas(t)
    const created = await token('create', 'ci')
    t.match(created, { exitCode: 0, stderr: '' })
    const secret = created.stdout
    const dashboards = await Promise.all(replicas.map(({ url }) => watch(url, secret)))
    const ends = dashboards.map((dashboard) => once(dashboard, 'close'))
    for (const { url } of replicas) t.equal(await statusOf(url, secret), 200)

    t.match(await nsentinelHere(['collector', 'agents', 'list', '--database-url-file', file]), {
      stdout: 'no agent has enrolled',
    })
    t.match(await token('revoke', 'ci'), { exitCode: 0 })
    const since = performance.now()
    for (const { url } of replicas) {
      await until(async () => ((await statusOf(url, secret)) === 401 ? true : undefined))
    }
    t.match(await Promise.all(ends), [[4401], [4401]])
    t.ok(performance.now() - since < LATEST_MS)
  },
)

t.test(
  'a login holds on every replica, and ends there with a logout or its token',
  { skip: whyNoPostgres() },
  async (t) => {
    const { replicas, token } = await startReplicas(t)
    const { stdout: secret } = await token('create', 'anna')
    // A cookie names the port; behind one address all replicas have the same.
    const [first, last] = [replicas[0].url, replicas[1].url]
    const begin = async () => {
      const login = await logIn(httpOf(first, '/login'), secret)
      t.equal(login.status, 303)
      return login.headers.get('set-cookie')?.split(';')[0]?.split('=')[1] ?? ''
    }
    const statuses = (value: string) => Promise.all(replicas.map(({ url }) => statusOfCookie(url, value)))
    const endsInTime = async (value: string) => {
      const since = performance.now()
      await until(async () => ((await statuses(value)).every((status) => status === 401) ? true : undefined))
      t.ok(performance.now() - since < LATEST_MS)
    }

    const [left, kept] = [await begin(), await begin()]
    t.strictSame([...(await statuses(left)), ...(await statuses(kept))], [200, 200, 200, 200])
    t.equal((await logOut(last, left)).status, 303)
    await endsInTime(left)
    t.strictSame(await statuses(kept), [200, 200])
    await token('revoke', 'anna')
    await endsInTime(kept)
  },
)

t.test('logs a browser in by a token, says so in the audit, and refuses the form of another site', async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  const collector = await startTrusting(t, { store })
  const { stdout: secret } = await nsentinelHere(['collector', 'token', 'create', 'anna', '--store', store])
  const place = httpOf(collector.url, '/login')

  t.equal((await logIn(place, secret, 'http://evil.example')).status, 403)
  t.equal((await logIn(place, secret, 'null')).status, 403)
  t.equal((await logIn(place, `${secret}x`)).status, 401)
  t.equal((await logIn(place, secret)).status, 303)
  const actions = ['logged-in token anna of role viewer', 'login-failed null']
  await until(async () => {
    const { items } = await collector.store.listAudit({ limit: 10 })
    const seen = items.map(({ action, detail }) => `${action} ${detail}`)
    return actions.every((action) => seen.includes(action)) ? true : undefined
  })
})

/** Starts two collectors of one database, and gives what runs `collector token` on it. */
async function startReplicas(t: Test) {
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const store = await server.createDatabase()
  const file = join(t.testdir({ 'database-url': store.replace('@/', '@localhost/') }), 'database-url')
  const token = (...args: readonly string[]) =>
    nsentinelHere(['collector', 'token', ...args, '--database-url-file', file])
  const replicas = [await startTrusting(t, { store }), await startTrusting(t, { store })] as const
  return { replicas, file, token }
}

async function logIn(place: URL, token: string, origin: string = place.origin): Promise<Response> {
  const response = await fetch(place, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin },
    body: new URLSearchParams({ token }),
  })
  await response.arrayBuffer()
  return response
}

function logOut(url: URL, value: string): Promise<Response> {
  const place = httpOf(url, '/logout')
  const headers = { cookie: `nsentinel_session_${url.port}=${value}`, origin: place.origin }
  return fetch(place, { method: 'POST', redirect: 'manual', headers })
}

async function statusOfCookie(url: URL, value: string): Promise<number> {
  const headers = { cookie: `nsentinel_session_${url.port}=${value}` }
  const response = await fetch(httpOf(url, '/api/v1/nodes'), { headers })
  await response.arrayBuffer()
  return response.status
}

function httpOf(url: URL, path: string): URL {
  return new URL(path, url.href.replace('ws', 'http'))
}

async function statusOf(url: URL, token: string, { headers, ...init }: RequestInit & { headers?: object } = {}) {
  const response = await fetch(httpOf(url, '/api/v1/nodes'), {
    ...init,
    headers: { ...headers, authorization: `Bearer ${token}` },
  })
  await response.arrayBuffer()
  return response.status
}

async function watch(url: URL, token: string): Promise<WebSocket> {
  const socket = new WebSocket(new URL('/api/v1/live', url), { headers: { authorization: `Bearer ${token}` } })
  await once(socket, 'message')
  return socket
}
