import { pathToFileURL } from 'node:url'
import { execa } from 'execa'
import { reportOf } from '../../src/agent/findings.ts'
import { runScan } from '../../src/agent/scan.ts'
import { withProbes } from '../../src/cli/probing.ts'
import type { Report } from '../../src/model/finding.ts'
import { createCriSource } from '../../src/sources/cri/cri.ts'
import { createDockerSource } from '../../src/sources/docker/docker.ts'
import { createHostSource } from '../../src/sources/host.ts'
import { createNatSource } from '../../src/sources/nat/nat.ts'
import { Procfs } from '../../src/sources/procfs/procfs.ts'
import type { RuntimeSource } from '../../src/sources/source.ts'
import type { Dockerd } from './dockerd.ts'
import type { NodeSpace } from './node-space.ts'

/** Every container has settled by then. */
const LATER_MS = 60_000

const TIMEOUT_MS = 20_000

/** Scans a node of our own from inside, or this machine without one, and judges it a minute later, when whoever would bind a port has. */
export async function judgeNode(
  { enter }: Pick<NodeSpace, 'enter'>,
  dockerd: Pick<Dockerd, 'socketPath'> | null,
  source: RuntimeName = 'docker',
): Promise<Report> {
  const asked: Asked = { socketPath: dockerd?.socketPath ?? null, source, enteredNode: enter.length > 0 }
  const [command = '', ...args] = [...enter, process.execPath, import.meta.filename, JSON.stringify(asked)]
  const { stdout } = await execa(command, args, { env: { NODE_OPTIONS: '' } })
  return JSON.parse(stdout)
}

type RuntimeName = 'docker' | 'podman' | 'cri'

interface Asked {
  readonly socketPath: string | null
  readonly source: RuntimeName
  /** Whether it runs in a node of our own, whose init is no kernel's. */
  readonly enteredNode: boolean
}

async function judgeHere({ socketPath, source, enteredNode }: Asked): Promise<Report> {
  const signal = new AbortController().signal
  const snapshot = await runScan(
    {
      tasks: new Procfs('/proc'),
      runtimes: socketPath === null ? [] : [runtimeOf(socketPath, source)],
      node: createHostSource({ procRoot: '/proc', nodeName: 'node-1' }),
      nat: createNatSource({ procRoot: '/proc' }),
      nestedNode: enteredNode,
      policyHash: null,
      now: Date.now,
    },
    signal,
  )
  const probed = await withProbes(snapshot, { probe: 'identify', probeExclude: '' }, signal)
  return reportOf({ ...probed, takenAt: probed.takenAt + LATER_MS })
}

function runtimeOf(socketPath: string, name: RuntimeName): RuntimeSource {
  if (name === 'cri') return createCriSource({ socketPath, timeoutMs: TIMEOUT_MS, required: true })
  return createDockerSource({ socketPath, name, timeoutMs: TIMEOUT_MS, required: true })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(JSON.stringify(await judgeHere(JSON.parse(process.argv[2] ?? '{}'))))
}
