import { createModem } from './modem.ts'

const LIVE = ['running', 'paused', 'restarting']
const EVENTS = ['start', 'die', 'kill', 'pause', 'unpause', 'rename']

/** The few questions that are asked of a Docker API; the answers are foreign until parsed. */
export interface DockerClient {
  list(signal: AbortSignal): Promise<unknown>
  inspect(id: string, signal: AbortSignal): Promise<unknown>
  info(signal: AbortSignal): Promise<unknown>
  /** One JSON object a line, until the signal. */
  events(signal: AbortSignal): Promise<AsyncIterable<Buffer | string>>
}

/** Opens Docker's API on a socket. Loads dockerode, which costs 20 MB of memory and more: only for a socket that is there. */
export async function openClient(socketPath: string, maxBytes: number): Promise<DockerClient> {
  const { default: Docker } = await import('dockerode')
  const dockerWith = (signal: AbortSignal) => {
    // The types do not know this option, which dockerode takes in place of a transport of its own.
    const options = { socketPath, modem: createModem({ socketPath, maxBytes, signal }) }
    return new Docker(options)
  }
  return {
    list: (signal) => dockerWith(signal).listContainers({ filters: { status: LIVE } }),
    inspect: (id, signal) => dockerWith(signal).getContainer(id).inspect(),
    info: (signal) => dockerWith(signal).info(),
    events: async (signal) => dockerWith(signal).getEvents({ filters: { type: ['container'], event: EVENTS } }),
  }
}
