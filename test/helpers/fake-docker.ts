import { once } from 'node:events'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** Answers one request; `path` is without its query. */
export type Answer = (response: ServerResponse, path: string, request: IncomingMessage) => void

/** A server on a unix socket that answers what the test wants, as a Docker daemon never would. */
export interface FakeDocker {
  readonly socketPath: string
  /** Paths asked for so far, with their queries. */
  readonly asked: readonly string[]
  /** Answers otherwise from now on. */
  answerWith(answer: Answer): void
  /** Cuts every connection, as a daemon does that dies; its socket refuses from then on. */
  die(): Promise<void>
}

/** Starts a fake Docker for one test. */
export async function fakeDocker(t: Test, first: Answer): Promise<FakeDocker> {
  const root = await mkdtemp(join(tmpdir(), 'ns-'))
  const socketPath = join(root, 'docker.sock')
  const asked: string[] = []
  let answer = first
  const server = createServer((request, response) => {
    const url = request.url ?? ''
    asked.push(url)
    answer(response, url.replace(/\?.*$/, ''), request)
  })
  await once(server.listen(socketPath), 'listening')
  const die = async () => {
    // Closing takes the socket's file away, which a daemon that dies does not do.
    await rename(socketPath, `${socketPath}.kept`)
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
    await rename(`${socketPath}.kept`, socketPath)
  }
  t.teardown(async () => {
    if (server.listening) await die()
    await rm(root, { recursive: true })
  })
  return {
    socketPath,
    asked,
    answerWith: (next) => {
      answer = next
    },
    die,
  }
}

/** Answers the API of a daemon whose containers are these inspections. */
export function answerContainers(containers: readonly InspectionSample[]): Answer {
  return (response, path) => {
    const id = /^\/containers\/(?<id>[0-9a-f]+)\/json$/.exec(path)?.groups?.['id']
    const found = containers.find(({ Id }) => Id === id)
    if (path === '/info') response.end(JSON.stringify({ SecurityOptions: ['name=seccomp,profile=default'] }))
    else if (path === '/containers/json') response.end(JSON.stringify(containers.map(listRow)))
    else if (found) response.end(JSON.stringify(found))
    else response.writeHead(404).end('{}')
  }
}

export type InspectionSample = ReturnType<typeof inspection>

/** An answer of /containers/ID/json with what the source reads of it. */
export function inspection({ id = 'a'.repeat(64), ...more }: { id?: string; [field: string]: unknown } = {}) {
  return {
    Id: id,
    Name: '/web',
    RestartCount: 0,
    State: { Status: 'running', Pid: 4711, StartedAt: '2026-11-23T06:17:22.364690306Z' },
    Config: { Image: 'busybox', Labels: {} },
    HostConfig: { NetworkMode: 'default', IpcMode: 'private', CgroupnsMode: 'host', Runtime: 'runc' },
    NetworkSettings: { Ports: {} },
    ...more,
  }
}

function listRow({ Id, Name, Config, State }: InspectionSample) {
  return { Id, Names: [Name], Image: Config.Image, State: State.Status, Labels: Config.Labels }
}
