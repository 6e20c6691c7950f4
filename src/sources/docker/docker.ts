import { type Stats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Gap } from '../../model/gap.ts'
import type { RuntimeReport, RuntimeSource } from '../source.ts'
import { type DockerClient, openClient } from './client.ts'
import { type Follower, followEvents } from './events.ts'
import { createLastKnown } from './last-known.ts'
import { createMemory } from './memory.ts'
import { reasonOf } from './modem.ts'
import { openPodmanClient } from './podman-client.ts'
import { readReport } from './report.ts'

const MAX_ANSWER_BYTES = 32 << 20
const MAX_REMEMBERED = 4096
const NOTHING: RuntimeReport = { containers: [], gaps: [] }

/** Which socket speaks Docker's API, and as whom. */
export interface DockerSourceOptions {
  readonly socketPath: string
  /** Podman offers the same API on a socket of its own. */
  readonly name?: 'docker' | 'podman'
  /** How long one list, with all its inspections, may take. */
  readonly timeoutMs?: number
  /** The uid of the user whose runtime it is; without it the owner of the socket tells. */
  readonly user?: number
  /** Sockets that another source asks: where this one is the same (podman-docker), it has nothing to tell. */
  readonly elsewhere?: readonly string[]
  /** True where somebody named this socket: then a missing one is a gap, not a runtime that is not installed. */
  readonly required?: boolean
  /** The longest answer that is read, in bytes. */
  readonly maxBytes?: number
}

/** Lists containers by Docker's API on a unix socket: what they were asked for, never what they are. */
export function createDockerSource(options: DockerSourceOptions): RuntimeSource {
  const { socketPath, name = 'docker', timeoutMs = 5000, required = false, maxBytes = MAX_ANSWER_BYTES } = options
  const { elsewhere = [] } = options
  const memory = createMemory(MAX_REMEMBERED)
  const last = createLastKnown()
  let client: Promise<DockerClient> | null = null

  const connect = () => {
    client ??= name === 'podman' ? connectPodman(options, maxBytes) : openClient(socketPath, maxBytes)
    return client
  }

  const read = async (deadline: AbortSignal): Promise<RuntimeReport> => {
    const socket = statSync(socketPath, { throwIfNoEntry: false })
    if (socket === undefined && !required && last.containers().length === 0) return NOTHING
    if (socket !== undefined && (await isOneOf(socket, elsewhere))) return NOTHING
    const deps = { client: await connect(), memory, name, socketPath, ...ownerOf(options.user ?? socket?.uid) }
    return await readReport(deps, deadline)
  }

  return {
    name,
    async list(signal) {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      last.begin()
      const report = await read(deadline).catch((error: unknown) => {
        signal.throwIfAborted()
        return { containers: last.containers(), gaps: [unreadable(name, socketPath, error, deadline)] }
      })
      last.keep(report.containers)
      return report
    },
    watch: (onChange, signal) => followEvents(follower(onChange), signal),
  }

  function follower(onChange: (cause: string) => void): Follower {
    return {
      open: async (lifetime) => {
        statSync(socketPath)
        return await (await connect()).events(lifetime)
      },
      timeoutMs,
      onOpen: () => {
        memory.open()
        onChange(`${name} events connected`)
      },
      onEvent: ({ action, id, name: container }) => {
        memory.forget(id)
        if (action === 'die') last.die(id)
        onChange(`${name} ${action} ${container}`)
      },
      onLost: memory.close,
    }
  }
}

function connectPodman({ socketPath, user }: DockerSourceOptions, maxBytes: number): Promise<DockerClient> {
  return openPodmanClient(socketPath, maxBytes, (user ?? statSync(socketPath).uid) !== 0)
}

function unreadable(source: string, subject: string, error: unknown, deadline: AbortSignal): Gap {
  const detail = error instanceof Error ? error.message.slice(0, 500) : String(error)
  return { source, subject, reason: reasonOf(error, deadline), affects: '*', detail }
}

/** Root's runtime speaks for all; anybody else's for tasks of its own. */
function ownerOf(uid = 0): { readonly user?: string } {
  return uid === 0 ? {} : { user: String(uid) }
}

/** A socket that is closed to us is none that we could ask by another name. */
async function isOneOf({ dev, ino }: Stats, paths: readonly string[]): Promise<boolean> {
  const others = await Promise.all(paths.map((path) => stat(path).catch(() => null)))
  return others.some((other) => other?.dev === dev && other.ino === ino)
}
