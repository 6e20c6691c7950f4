import t from 'tap'
import { createDockerSource } from '../../../src/sources/docker/docker.ts'
import { answerContainers, fakeDocker, inspection } from '../../helpers/fake-docker.ts'

const signal = AbortSignal.timeout(30_000)
const WEB = inspection()
const OTHER = inspection({ id: 'b'.repeat(64), Name: '/other' })

t.test('says nothing where no Docker is installed', async (t) => {
  const source = createDockerSource({ socketPath: '/nowhere/docker.sock' })

  t.strictSame(await source.list(signal), { containers: [], gaps: [] })
})

t.test('misses a socket that was asked for by name', async (t) => {
  const source = createDockerSource({ socketPath: '/nowhere/docker.sock', required: true })

  t.match(await source.list(signal), { containers: [], gaps: [{ source: 'docker', reason: 'missing', affects: '*' }] })
})

t.test('lists what the daemon tells, without the slash of its names', async (t) => {
  const { socketPath, asked } = await fakeDocker(t, answerContainers([WEB]))

  const { containers, gaps } = await createDockerSource({ socketPath }).list(signal)

  t.strictSame(gaps, [])
  t.match(containers, [{ id: WEB.Id, name: 'web', state: 'running', initPid: 4711, image: 'busybox', restarts: 0 }])
  t.equal(containers[0]?.startedAt, Date.parse('2026-11-23T06:17:22.364Z'))
  t.match(decodeURIComponent(asked[0] ?? ''), /filters=\{"status":\["running","paused","restarting"\]\}/)
})

t.test('tells of a container that cannot be inspected, and that its declaration is unknown', async (t) => {
  const all = answerContainers([WEB, OTHER])
  const bad = {
    'an answer of another shape': '{"Id": 7}',
    'an answer about another container': JSON.stringify(WEB),
  }
  for (const [what, body] of Object.entries(bad)) {
    const { socketPath } = await fakeDocker(t, (response, path, request) =>
      path.includes(OTHER.Id) ? response.end(body) : all(response, path, request),
    )

    const { containers, gaps } = await createDockerSource({ socketPath }).list(signal)

    t.match(
      containers.map(({ name }) => name),
      ['web', 'other'],
      what,
    )
    t.match(containers[0]?.declared.net, { declared: 'private' })
    t.match(containers[1], { initPid: null, declared: { net: { declared: 'unknown', by: null } } })
    t.match(gaps, [{ reason: 'malformed', affects: [OTHER.Id] }])
  }
})

t.test('makes one gap of any number of failed inspections', async (t) => {
  const all = answerContainers([WEB, OTHER])
  const { socketPath } = await fakeDocker(t, (response, path, request) => {
    if (/^\/containers\/[0-9a-f]/.test(path)) response.writeHead(500).end()
    else all(response, path, request)
  })

  const { gaps } = await createDockerSource({ socketPath }).list(signal)

  t.match(gaps, [{ reason: 'malformed', affects: [WEB.Id, OTHER.Id] }])
})

t.test('leaves out a container that ended between list and inspection', async (t) => {
  const all = answerContainers([WEB, OTHER])
  const { socketPath } = await fakeDocker(t, (response, path, request) => {
    if (path.includes(OTHER.Id)) response.writeHead(404).end()
    else all(response, path, request)
  })

  const { containers, gaps } = await createDockerSource({ socketPath }).list(signal)

  t.strictSame(
    containers.map(({ id }) => id),
    [WEB.Id],
  )
  t.strictSame(gaps, [])
})

t.test('knows no default user namespace when the daemon does not tell', async (t) => {
  const all = answerContainers([WEB])
  const { socketPath } = await fakeDocker(t, (response, path, request) => {
    if (path === '/info') response.writeHead(500).end()
    else all(response, path, request)
  })

  const { containers, gaps } = await createDockerSource({ socketPath }).list(signal)

  t.match(containers[0]?.declared, { user: { declared: 'unknown', by: null }, net: { declared: 'private' } })
  t.match(gaps, [{ reason: 'malformed', affects: ['user'] }])
})

t.test('ends with the caller', async (t) => {
  const { socketPath } = await fakeDocker(t, () => undefined)
  const caller = new AbortController()
  const listing = createDockerSource({ socketPath }).list(caller.signal)

  caller.abort(new Error('enough'))

  await t.rejects(listing, { message: 'enough' })
})
