import { promisify } from 'node:util'
import type { DockerClient } from './client.ts'
import { AMBIGUOUS_IPC, HOST_IPC_BY_CONFIG } from './declared.ts'
import { createModem } from './modem.ts'
import { readSharesIpc } from './oci-config.ts'
import {
  type PodmanInspected,
  parseConfusesIpc,
  parsePodmanInspected,
  parsePodmanList,
  toDockerInspected,
} from './podman-schema.ts'

const EVENTS = ['start', 'died', 'pause', 'unpause', 'rename']

/** Podman 4.0 and every later one answers this version. */
const LIBPOD = '/v4.0.0/libpod'

/**
 * Opens podman's own API, of which Docker's tells less: no pods, no cgroup namespace, no name of the OCI runtime. What
 * it answers is put as Docker's would be. Its /info is not asked: it runs the package manager for seconds.
 *
 * @param isRootless the socket is not root's: then podman runs in a user namespace of its user's
 */
export async function openPodmanClient(
  socketPath: string,
  maxBytes: number,
  isRootless: boolean,
): Promise<DockerClient> {
  const ask = (
    signal: AbortSignal,
    path: string,
    options: Readonly<Record<string, unknown>> = {},
    isStream = false,
  ): Promise<unknown> => {
    const modem = createModem({ socketPath, maxBytes, signal })
    const dial = promisify(modem.dial)
    return dial({ path: `${path}?`, method: 'GET', options, isStream })
  }
  let confuses: boolean | null = null
  const confusesIpc = async (signal: AbortSignal) => {
    confuses ??= parseConfusesIpc(await ask(signal, '/version'))
    return confuses
  }
  return {
    info: async () => ({ SecurityOptions: isRootless ? ['name=rootless'] : [] }),
    list: async (signal) => parsePodmanList(await ask(signal, `${LIBPOD}/containers/json`, { all: true })),
    inspect: async (id, signal) => {
      const answer = parsePodmanInspected(await ask(signal, `${LIBPOD}/containers/${id}/json`))
      return toDockerInspected(answer, await ipcModeOf(id, answer, () => confusesIpc(signal)))
    },
    events: async (signal) => {
      const stream = await ask(signal, '/events', { filters: { type: ['container'], event: EVENTS } }, true)
      if (!isIterable(stream)) throw new TypeError('podman answered /events with no stream')
      return stream
    },
  }
}

/** Where podman's word is ambiguous, what it gave its OCI runtime is not. */
async function ipcModeOf(id: string, answer: PodmanInspected, confusesIpc: () => Promise<boolean>): Promise<string> {
  const mode = answer.HostConfig.IpcMode ?? ''
  if (mode !== 'shareable' || !(await confusesIpc())) return mode
  const shares = await readSharesIpc(answer.OCIConfigPath ?? '', id)
  if (shares === null) return AMBIGUOUS_IPC
  return shares ? HOST_IPC_BY_CONFIG : mode
}

function isIterable(value: unknown): value is AsyncIterable<Buffer | string> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
