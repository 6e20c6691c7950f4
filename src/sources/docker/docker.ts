import { statSync } from 'node:fs'
import type { Gap } from '../../model/gap.ts'
import type { RuntimeReport, RuntimeSource } from '../source.ts'
import { type DockerClient, openClient } from './client.ts'
import { followEvents } from './events.ts'
import { createLastKnown } from './last-known.ts'
import { createMemory } from './memory.ts'
import { reasonOf } from './modem.ts'
import { readReport } from './report.ts'

const MAX_ANSWER_BYTES = 32 << 20
const MAX_REMEMBERED = 4096

/** Which socket speaks Docker's API, and as whom. */
export interface DockerSourceOptions {
  readonly socketPath: string
  /** Podman offers the same API on a socket of its own. */
  readonly name?: 'docker' | 'podman'
  /** How long one list, with all its inspections, may take. */
  readonly timeoutMs?: number
  /** True where somebody named this socket: then a missing one is a gap, not a runtime that is not installed. */
  readonly required?: boolean
  /** The longest answer that is read, in bytes. */
  readonly maxBytes?: number
}

/** Lists containers by Docker's API on a unix socket: what they were asked for, never what they are. */
export function createDockerSource(options: DockerSourceOptions): RuntimeSource {
  const { socketPath, name = 'docker', timeoutMs = 5000, required = false, maxBytes = MAX_ANSWER_BYTES } = options
  const memory = createMemory(MAX_REMEMBERED)
  const last = createLastKnown()
  let client: Promise<DockerClient> | null = null

  const connect = () => {
    client ??= openClient(socketPath, maxBytes)
    return client
  }

  const read = async (deadline: AbortSignal): Promise<RuntimeReport> => {
    const absent = statSync(socketPath, { throwIfNoEntry: false }) === undefined
    if (absent && !required && last.containers().length === 0) return { containers: [], gaps: [] }
    return await readReport({ client: await connect(), memory, name, socketPath }, deadline)
  }

  return {
    name,
    async list(signal) {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      last.begin()
      const report = await read(deadline).catch((error: unknown) => {
        signal.throwIfAborted()
        return { containers: last.containers(), gaps: [unreadable(error, deadline)] }
      })
      last.keep(report.containers)
      return report
    },
    watch: (onChange, signal) =>
      followEvents(
        {
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
        },
        signal,
      ),
  }

  function unreadable(error: unknown, deadline: AbortSignal): Gap {
    const detail = error instanceof Error ? error.message.slice(0, 500) : String(error)
    return { source: name, subject: socketPath, reason: reasonOf(error, deadline), affects: '*', detail }
  }
}
