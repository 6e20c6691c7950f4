import { policyHashOf } from '../agent/policy-hash.ts'
import { runScan, type ScanDeps } from '../agent/scan.ts'
import type { Node } from '../model/node.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { Policy } from '../policy/policy.ts'
import { createCriSource } from '../sources/cri/cri.ts'
import { CRI_SOCKETS } from '../sources/cri/socket.ts'
import { createDockerSource } from '../sources/docker/docker.ts'
import { createUserPodmanSource } from '../sources/docker/user-sockets.ts'
import { createHostSource } from '../sources/host.ts'
import { createNatSource } from '../sources/nat/nat.ts'
import { Procfs } from '../sources/procfs/procfs.ts'
import type { RuntimeSource } from '../sources/source.ts'
import type { Config } from './config.ts'
import type { scanSettings } from './settings.ts'

const DOCKER_SOCKET = '/var/run/docker.sock'
const PODMAN_SOCKET = '/run/podman/podman.sock'

/** This machine, ready to be looked at any number of times. */
export interface Looker {
  /** @throws {Error} when nothing can be read at all, or the signal fires */
  look(signal: AbortSignal): Promise<Snapshot>
  /** Who the node is: its name and this boot. */
  readNode(signal: AbortSignal): Promise<Pick<Node, 'name' | 'bootId'>>
  readonly runtimes: readonly RuntimeSource[]
}

/**
 * Opens every source of this machine. Adding a source means adding it here.
 *
 * @param policy what looks will be judged by: they say so
 * @throws {Error} when the procfs is none
 */
export function openLooker(config: Config<typeof scanSettings>, policy: Policy): Looker {
  const { proc, nodeName, nestedNode } = config
  const deps: ScanDeps = {
    tasks: new Procfs(proc),
    runtimes: openRuntimes(config),
    node: createHostSource({ procRoot: proc, nodeName }),
    nat: createNatSource({ procRoot: proc }),
    nestedNode,
    policyHash: policyHashOf(policy),
    now: Date.now,
  }
  return {
    runtimes: deps.runtimes,
    look: (signal) => runScan(deps, signal),
    readNode: async (signal) => (await deps.node.read(signal)).node,
  }
}

/** A socket that somebody named must be there; the usual ones are asked where they are. */
function openRuntimes(config: Config<typeof scanSettings>): RuntimeSource[] {
  const { dockerSocket, podmanSocket, criSocket, nodeName } = config
  const named = nodeName === undefined ? {} : { nodeName }
  const criSockets = criSocket === undefined ? CRI_SOCKETS : [criSocket]
  return [
    createDockerSource({
      socketPath: dockerSocket ?? DOCKER_SOCKET,
      required: dockerSocket !== undefined,
      elsewhere: [podmanSocket ?? PODMAN_SOCKET],
    }),
    createDockerSource({
      socketPath: podmanSocket ?? PODMAN_SOCKET,
      name: 'podman',
      required: podmanSocket !== undefined,
    }),
    ...(podmanSocket === undefined ? [createUserPodmanSource()] : []),
    ...criSockets.map((socketPath) => createCriSource({ socketPath, required: criSocket !== undefined, ...named })),
  ]
}
