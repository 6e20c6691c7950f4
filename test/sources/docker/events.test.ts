import { rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import t from 'tap'
import { createDockerSource } from '../../../src/sources/docker/docker.ts'
import { followCauses } from '../../helpers/causes.ts'
import { type Answer, answerContainers, fakeDocker, inspection } from '../../helpers/fake-docker.ts'

const signal = AbortSignal.timeout(30_000)
const WEB = inspection()

/** A daemon with one container, and the responses on which its events can be written. */
function daemon() {
  const streams: ServerResponse[] = []
  const answer: Answer = (response, path, request) => {
    if (path !== '/events') return answerContainers([WEB])(response, path, request)
    response.flushHeaders()
    streams.push(response)
  }
  const tell = (text: string) => streams.at(-1)?.write(text)
  return { answer, streams, tell }
}

const event = (Action: string, name = 'web') =>
  `${JSON.stringify({ Action, Actor: { ID: WEB.Id, Attributes: { name } } })}\n`

t.test('calls back when it begins to see events, and with the cause of each', async (t) => {
  const { answer, tell } = daemon()
  const { socketPath, asked } = await fakeDocker(t, answer)
  const causes = followCauses(t, createDockerSource({ socketPath }))

  t.equal(await causes.next(), 'docker events connected')
  tell(event('start').slice(0, 20))
  tell(event('start').slice(20) + event('die'))

  t.equal(await causes.next(), 'docker start web')
  t.equal(await causes.next(), 'docker die web')
  t.match(decodeURIComponent(asked.join()), /"event":\["start","die","kill","pause","unpause","rename"\]/)
})

t.test('connects again when the stream', async (t) => {
  const ends = {
    ends: (response) => response.end(),
    'is cut': (response) => response.destroy(),
    'carries no events': (response) => response.write('<html>\n'),
    'carries a line without end': (response) => response.write('x'.repeat(300_000)),
  } satisfies Record<string, (response: ServerResponse) => void>

  for (const [what, end] of Object.entries(ends)) {
    t.test(what, async (t) => {
      const { answer, streams, tell } = daemon()
      const { socketPath } = await fakeDocker(t, answer)
      const causes = followCauses(t, createDockerSource({ socketPath }))
      await causes.next()

      for (const stream of streams) end(stream)

      t.equal(await causes.next(), 'docker events connected')
      tell(event('pause'))
      t.equal(await causes.next(), 'docker pause web')
    })
  }
})

t.test('waits for a daemon that is not there yet, does not answer or refuses', async (t) => {
  const { answer } = daemon()
  let refusals = 0
  const docker = await fakeDocker(t, (response, path, request) => {
    refusals++
    if (refusals > 2) answer(response, path, request)
    else if (refusals === 2) response.writeHead(500).end()
  })
  const causes = followCauses(t, createDockerSource({ socketPath: docker.socketPath, timeoutMs: 200 }))

  t.equal(await causes.next(), 'docker events connected')
  t.equal(refusals, 3)
})

t.test('ends with the signal, also while it waits to connect', async (t) => {
  const causes = followCauses(t, createDockerSource({ socketPath: '/nowhere/docker.sock' }))

  await causes.stop()
})

t.test('inspects a container once while it follows events, and again after each of its events', async (t) => {
  const { answer, tell } = daemon()
  const docker = await fakeDocker(t, answer)
  const source = createDockerSource({ socketPath: docker.socketPath })
  const inspections = () => docker.asked.filter((path) => path.startsWith(`/containers/${WEB.Id}`)).length

  await source.list(signal)
  await source.list(signal)
  t.equal(inspections(), 2, 'remembers nothing before it follows events')

  const causes = followCauses(t, source)
  await causes.next()
  const first = await source.list(signal)
  const second = await source.list(signal)
  t.equal(inspections(), 3)
  t.strictSame(second, first)

  tell(event('die'))
  await causes.next()
  await source.list(signal)
  t.equal(inspections(), 4)
})

t.test('remembers nothing of before when events were lost', async (t) => {
  const { answer, streams } = daemon()
  const docker = await fakeDocker(t, answer)
  const source = createDockerSource({ socketPath: docker.socketPath })
  const causes = followCauses(t, source)
  await causes.next()
  await source.list(signal)
  const before = docker.asked.length

  streams.at(-1)?.destroy()
  await causes.next()
  await source.list(signal)

  t.ok(docker.asked.slice(before).some((path) => path.startsWith(`/containers/${WEB.Id}`)))
})

t.test('misses no daemon that went away after its last container had died', async (t) => {
  t.test('since the last list', async (t) => {
    const { answer, tell } = daemon()
    const docker = await fakeDocker(t, answer)
    const source = createDockerSource({ socketPath: docker.socketPath })
    const causes = followCauses(t, source)
    await causes.next()
    await source.list(signal)

    tell(event('die'))
    await causes.next()
    await docker.die()
    await rm(docker.socketPath)

    t.strictSame(await source.list(signal), { containers: [], gaps: [] })
  })

  t.test('while it answered the last list', async (t) => {
    const { answer, tell } = daemon()
    const asked = Promise.withResolvers<() => void>()
    const docker = await fakeDocker(t, (response, path, request) => {
      if (path === '/containers/json') asked.resolve(() => answer(response, path, request))
      else answer(response, path, request)
    })
    const source = createDockerSource({ socketPath: docker.socketPath })
    const causes = followCauses(t, source)
    await causes.next()
    const listing = source.list(signal)
    const release = await asked.promise

    tell(event('die'))
    await causes.next()
    release()
    t.equal((await listing).containers.length, 1)
    await docker.die()
    await rm(docker.socketPath)

    t.strictSame(await source.list(signal), { containers: [], gaps: [] })
  })
})
