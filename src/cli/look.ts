import { runScan, type ScanDeps } from '../agent/scan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { createDockerSource } from '../sources/docker/docker.ts'
import { createHostSource } from '../sources/host.ts'
import { Procfs } from '../sources/procfs/procfs.ts'
import type { RuntimeSource } from '../sources/source.ts'
import type { Config } from './config.ts'
import type { scanSettings } from './settings.ts'

const DOCKER_SOCKET = '/var/run/docker.sock'

/** This machine, ready to be looked at any number of times. */
export interface Looker {
  /** @throws {Error} when nothing can be read at all, or the signal fires */
  look(signal: AbortSignal): Promise<Snapshot>
  readonly runtimes: readonly RuntimeSource[]
}

/**
 * Opens every source of this machine. Adding a source means adding it here.
 *
 * @throws {Error} when the procfs is none
 */
export function openLooker({ proc, dockerSocket, nodeName, nestedNode }: Config<typeof scanSettings>): Looker {
  const docker = createDockerSource({
    socketPath: dockerSocket ?? DOCKER_SOCKET,
    required: dockerSocket !== undefined,
  })
  const deps: ScanDeps = {
    tasks: new Procfs(proc),
    runtimes: [docker],
    node: createHostSource({ procRoot: proc, nodeName }),
    nestedNode,
    policyHash: null,
    now: Date.now,
  }
  return { runtimes: deps.runtimes, look: (signal) => runScan(deps, signal) }
}
