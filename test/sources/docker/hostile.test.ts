import { rm } from 'node:fs/promises'
import t from 'tap'
import { createDockerSource } from '../../../src/sources/docker/docker.ts'
import { answerContainers, fakeDocker, inspection } from '../../helpers/fake-docker.ts'

const signal = AbortSignal.timeout(30_000)
const WEB = inspection()
const OTHER = inspection({ id: 'b'.repeat(64), Name: '/other' })

t.test('tells the last containers, beside a gap, when the daemon', async (t) => {
  t.test('has died', async (t) => {
    const docker = await fakeDocker(t, answerContainers([WEB]))
    const source = createDockerSource({ socketPath: docker.socketPath })
    const before = await source.list(signal)
    await docker.die()

    const after = await source.list(signal)

    t.strictSame(after.containers, before.containers)
    t.match(after.gaps, [{ source: 'docker', subject: docker.socketPath, reason: 'gone', affects: '*' }])
  })

  t.test('took its socket away', async (t) => {
    const docker = await fakeDocker(t, answerContainers([WEB]))
    const source = createDockerSource({ socketPath: docker.socketPath })
    const before = await source.list(signal)
    await docker.die()
    await rm(docker.socketPath)

    const after = await source.list(signal)

    t.strictSame(after.containers, before.containers)
    t.match(after.gaps, [{ reason: 'missing', affects: '*' }])
  })

  const answers = {
    'hangs before its answer': ['timeout', () => undefined],
    'hangs amid its answer': ['timeout', (response) => response.write('[')],
    'answers without an end': ['too-large', (response) => response.end(`["${'x'.repeat(100_000)}"]`)],
    'answers no JSON': ['malformed', (response) => response.end('<html>')],
    'answers no list': ['malformed', (response) => response.end('{"message":"no"}')],
    'answers no HTTP': ['malformed', (response) => response.socket?.end('SSH-2.0\r\n')],
    'cuts its answer': [
      'gone',
      (response) => response.writeHead(200, { 'content-length': '9' }).write('[', () => response.destroy()),
    ],
    'refuses us': ['denied', (response) => response.writeHead(403).end('{}')],
    fails: ['malformed', (response) => response.writeHead(500).end('{"message":"x"}')],
    'does not speak our version': ['unsupported', (response) => response.writeHead(400).end('{}')],
    'sends us elsewhere': ['malformed', (response) => response.writeHead(302, { location: 'nowhere:x' }).end()],
  } satisfies Record<string, [string, Parameters<typeof fakeDocker>[1]]>

  for (const [what, [reason, answer]] of Object.entries(answers)) {
    t.test(what, async (t) => {
      const docker = await fakeDocker(t, answerContainers([WEB]))
      const source = createDockerSource({ socketPath: docker.socketPath, timeoutMs: 1000, maxBytes: 50_000 })
      const before = await source.list(signal)
      docker.answerWith(answer)

      const after = await source.list(signal)

      t.equal(before.containers.length, 1)
      t.strictSame(after.containers, before.containers)
      t.match(after.gaps, [{ reason, affects: '*' }])
    })
  }
})

t.test('keeps the containers it can make out of a list with rows that are none', async (t) => {
  const listed = (row: unknown) => JSON.stringify([{ Id: WEB.Id, State: 'running' }, row])
  const rows = [
    { Id: '../../etc', State: 'running' },
    { Id: WEB.Id.toUpperCase() },
    7,
    null,
    { Id: OTHER.Id, Names: 'x' },
    { Id: WEB.Id, State: 'paused' },
  ]
  const docker = await fakeDocker(t, () => undefined)
  const source = createDockerSource({ socketPath: docker.socketPath })

  for (const row of rows) {
    docker.answerWith((response, path, request) =>
      path === '/containers/json' ? response.end(listed(row)) : answerContainers([WEB])(response, path, request),
    )
    const { containers, gaps } = await source.list(signal)

    t.strictSame(
      containers.map(({ id }) => id),
      [WEB.Id],
    )
    t.match(gaps, [{ reason: 'malformed', affects: '*' }])
  }
})
