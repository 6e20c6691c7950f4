import t from 'tap'
import { CursorError } from '../../src/store/store.ts'
import { emptyStore, NO_ENTRY, type StartedCollector, startCollector } from '../helpers/collector.ts'

t.test('names the parameter at fault and what was expected of it', async (t) => {
  const collector = await startCollector(t)
  const problemOf = async (path: string) => (await collector.api(path)).json()

  t.match(await problemOf('/api/v1/findings?severity=bad'), {
    status: 400,
    code: 'invalid-parameter',
    parameters: [{ name: 'severity', problem: /"info"\|"low"\|"medium"\|"high"\|"critical"/ }],
  })
  t.match(await problemOf('/api/v1/nodes?limit=0'), { parameters: [{ name: 'limit', problem: />=1/ }] })
  t.match(await problemOf('/api/v1/nodes?limit=1001'), { parameters: [{ name: 'limit', problem: /<=1000/ }] })
  t.match(await problemOf('/api/v1/ports?port=http'), { parameters: [{ name: 'port', problem: /expected number/ }] })
  t.match(await problemOf('/api/v1/ports?port=0&limit=x'), { parameters: [{ name: 'port' }, { name: 'limit' }] })
  t.match(await problemOf('/api/v1/containers?node=a&node=b'), { parameters: [{ name: 'node' }] })
})

t.test('refuses a parameter it does not know, so that a typo never widens a list', async (t) => {
  const collector = await startCollector(t)

  const response = await collector.api('/api/v1/findings?sevrity=high')

  t.equal(response.status, 400)
  t.match(await response.json(), { parameters: [{ name: 'sevrity', problem: 'there is no such parameter' }] })
})

t.test('answers a cursor that no list gave with 400', async (t) => {
  const listNodes = async () => {
    throw new CursorError('not a cursor of this list')
  }
  const collector = await startCollector(t, { store: emptyStore({ listNodes }) })

  const response = await collector.api('/api/v1/nodes?cursor=abc')

  t.equal(response.status, 400)
  t.match(await response.json(), { parameters: [{ name: 'cursor', problem: 'not a cursor of this list' }] })
})

t.test('tells its log and not the client why it failed', async (t) => {
  const listNodes = async () => {
    throw new Error('disk I/O error at /var/secret')
  }
  const collector = await startCollector(t, { store: emptyStore({ listNodes }) })

  const response = await collector.api('/api/v1/nodes')
  const body = await response.text()

  t.equal(response.status, 500)
  t.notMatch(body, 'secret')
  t.notMatch(body, 'at ')
  t.match(collector.logText(), 'disk I/O error')
})

t.test('says that the store does not answer where that is why it failed', async (t) => {
  const away = async () => {
    throw new Error('connect ECONNREFUSED /var/secret')
  }
  const collector = await startCollector(t, { store: emptyStore({ listNodes: away, ping: away }) })

  const response = await collector.api('/api/v1/nodes')

  t.equal(response.status, 503)
  t.match(await response.json(), { code: 'not-ready', title: 'The store does not answer, or cannot be written' })
})

t.test('hands filters, limit and cursor to the store', async (t) => {
  const asked: unknown[] = []
  const listFindings = async (...args: unknown[]) => {
    asked.push(args)
    return { items: [], nextCursor: null }
  }
  const collector = await startCollector(t, { store: emptyStore({ listFindings }) })

  await collector.api('/api/v1/findings?node=a&severity=high&status=open&rule=r&search=x&limit=5&cursor=c')
  await collector.api('/api/v1/findings')

  const filter = { node: 'a', severity: 'high', status: 'open', rule: 'r', search: 'x' }
  t.strictSame(asked, [
    [filter, { limit: 5, cursor: 'c' }],
    [{}, { limit: 100, cursor: undefined }],
  ])
})

t.test('every answer carries the security headers, errors too', async (t) => {
  const collector = await startCollector(t)

  for (const path of ['/', '/api/v1/nodes', '/nowhere', '/healthz', '/assets/none.js']) {
    const { headers } = await fetch(collector.url + path)
    t.match(headers.get('content-security-policy'), /^default-src 'none'; script-src 'self'; style-src 'self'/, path)
    t.equal(headers.get('x-content-type-options'), 'nosniff', path)
    t.equal(headers.get('referrer-policy'), 'same-origin', path)
    t.equal(headers.get('cache-control'), 'no-store', path)
  }
})

t.test('says whether it is up, and whether its store answers', async (t) => {
  let broken = false
  const ping = async () => {
    if (broken) throw new Error('database is locked')
  }
  const collector = await startCollector(t, { store: emptyStore({ ping }) })
  const statusOf = async (path: string) => (await fetch(collector.url + path)).status

  t.equal(await statusOf('/healthz'), 200)
  t.equal(await statusOf('/readyz'), 200)
  broken = true
  t.equal(await statusOf('/healthz'), 200)
  t.equal(await statusOf('/readyz'), 503)
})

t.test('is not ready when the store does not answer in time', async (t) => {
  const collector = await startCollector(t, { store: emptyStore({ ping: () => new Promise(() => {}) }) })

  t.equal((await fetch(`${collector.url}/readyz`)).status, 503)
})

t.test('shows its own figures to those who may read', async (t) => {
  const collector = await startCollector(t)
  await collector.api('/api/v1/nodes')
  await collector.api('/api/v1/nodes', { headers: { authorization: 'Bearer wrong' } })

  const text = await (await collector.api('/metrics')).text()

  t.match(text, /nsentinel_http_request_duration_seconds_count\{route="\/api\/v1\/nodes",status="200"\} 1/)
  t.match(text, /nsentinel_login_failures_total\{kind="client"\} 1/)
  t.match(text, /nsentinel_dashboards 0/)
  t.equal((await fetch(`${collector.url}/metrics`)).status, 401)
})

t.test('publishes the API from the schemas that check it', async (t) => {
  const collector = await startCollector(t)

  const document = JSON.parse(await (await fetch(`${collector.url}/api/v1/openapi.json`)).text())

  t.equal(document.openapi, '3.1.0')
  t.strictSame(Object.keys(document.paths), [
    '/api/v1/nodes',
    '/api/v1/nodes/{name}',
    '/api/v1/containers',
    '/api/v1/findings',
    '/api/v1/ports',
    '/api/v1/events',
    '/api/v1/quarantine',
    '/api/v1/audit',
    '/api/v1/nodes/{name}/commands',
  ])
  const { parameters, responses } = document.paths['/api/v1/findings'].get
  const severity = parameters.find(({ name }: { name: string }) => name === 'severity')
  t.match(severity, { in: 'query', schema: { enum: ['info', 'low', 'medium', 'high', 'critical'] } })
  t.ok(responses['200'])
  for (const name of ['Node', 'Container', 'Finding', 'Port', 'Quarantined', 'Problem']) {
    t.equal(document.components.schemas[name]?.type, 'object', name)
  }
})

t.test('publishes which role each route asks for, as the gate does', async (t) => {
  const operator = await startCollector(t)
  const trust = { name: 'v', role: 'viewer' } as const
  const viewer = await startCollector(t, {
    authority: { ...NO_ENTRY, clientOf: async () => ({ kind: 'client', ...trust }) },
  })
  const { paths, components } = JSON.parse(await (await fetch(`${operator.url}/api/v1/openapi.json`)).text())
  t.strictSame(Object.keys(components.securitySchemes), ['token', 'session'])

  const roles = new Set<string>()
  for (const [path, operations] of Object.entries<Record<string, object>>(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const role: string = Reflect.get(operation, 'x-required-role')
      roles.add(role)
      t.strictSame(Reflect.get(operation, 'security'), [{ token: [role] }, { session: [role] }])
      const asked = { method: method.toUpperCase(), ...(method === 'post' ? { body: '{}' } : {}) }
      const statusAt = async ({ api }: StartedCollector) => (await api(path.replace('{name}', 'x'), asked)).status
      t.equal((await statusAt(viewer)) === 403, role === 'operator', `${method} ${path}`)
      t.not(await statusAt(operator), 403)
    }
  }
  t.strictSame(roles, new Set(['viewer', 'operator']))
})

t.test('a body that is too large is refused', async (t) => {
  const collector = await startCollector(t)

  const response = await collector.api('/api/v1/nodes', { method: 'POST', body: 'x'.repeat(70_000) })

  t.equal(response.status, 413)
})

t.test('says that the dashboard was not built instead of showing nothing', async (t) => {
  const collector = await startCollector(t)

  const response = await collector.api('/')

  t.equal(response.status, 503)
  t.match(await response.text(), 'npm run build')
})
