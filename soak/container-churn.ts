import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import Dockerode from 'dockerode'
import { reportOf } from '../src/agent/findings.ts'
import { runScan } from '../src/agent/scan.ts'
import { createDockerSource } from '../src/sources/docker/docker.ts'
import { createHostSource } from '../src/sources/host.ts'
import { createNatSource } from '../src/sources/nat/nat.ts'
import { Procfs } from '../src/sources/procfs/procfs.ts'
import { type Dockerd, startPrivateDockerd, whyNoDockerd } from '../test/helpers/dockerd.ts'
import { randomOf } from '../test/helpers/random.ts'
import { Churn } from './churn.ts'
import { planLives } from './lives.ts'
import { countOpenFiles, measureHeap } from './resources.ts'
import type { Outcome, Soak, SoakOptions } from './soak.ts'
import { Tally } from './tally.ts'

/** A connection to Docker that is idle at the start, or a file that libuv opens once. */
const OPEN_FILES_ALLOWED = 2
/** Compiled code and caches that are bounded; one snapshot kept of every scan would be many times as much. */
const HEAP_GROWTH_ALLOWED = 4 << 20
/** Longer than an idle connection is kept. */
const SETTLE_MS = 20_000
const POLL_MS = 100
const DOCKER_TIMEOUT_MS = 60_000

/** Scans in one started process while a real dockerd starts and stops containers. */
export const containerChurn: Soak = {
  name: 'container-churn',
  title: 'container starts and stops of a real dockerd during scans',
  count: 1000,
  whyNot: whyNoDockerd,
  run: async (options) => {
    const root = await mkdtemp(join(tmpdir(), 'ns-'))
    const dockerd = await startPrivateDockerd({ root, socketPath: join(root, 'docker.sock'), bridge: true })
    try {
      return await soak(dockerd, root, options)
    } finally {
      await dockerd.stop()
    }
  },
}

async function soak({ socketPath }: Dockerd, root: string, options: SoakOptions): Promise<Outcome> {
  const { count, seed, signal } = options
  const startedAt = performance.now()
  const churn = new Churn(new Dockerode({ socketPath, timeout: DOCKER_TIMEOUT_MS }))
  const scan = scannerOf(socketPath, signal)
  const tally = new Tally(churn.made, root)
  await tally.scan(scan)
  const openFiles = countOpenFiles()
  const over = new AbortController()
  const churning = churn
    .run(planLives(randomOf(seed), count), signal)
    .catch((error: unknown) => void tally.faults.push(`the churn failed: ${error}`))
    .finally(() => over.abort())
  const isOver = () => over.signal.aborted || signal.aborted
  await scanUntil(() => isOver() || churn.started >= count / 4, tally, scan)
  const heap = await measureHeap()
  await scanUntil(isOver, tally, scan)
  await churning
  signal.throwIfAborted()
  await tally.expectNothingLeft(scan)
  const grown = (await measureHeap()) - heap
  const openFilesEnd = await settleOpenFiles(openFiles + OPEN_FILES_ALLOWED)
  return {
    figures: {
      'container starts': churn.started,
      minutes: ((performance.now() - startedAt) / 60_000).toFixed(1),
      ...tally.figures(),
      'open files at the start, at the end': `${openFiles}, ${openFilesEnd}`,
      'heap after the first quarter, growth from then to the end': `${mib(heap)}, ${mib(grown)}`,
    },
    faults: [
      ...tally.faults,
      ...(churn.started === count ? [] : [`${churn.started} containers were started, not ${count}`]),
      ...(Math.abs(openFilesEnd - openFiles) > OPEN_FILES_ALLOWED ? ['open files at the end differ'] : []),
      ...(grown > HEAP_GROWTH_ALLOWED ? [`the heap grew by more than ${mib(HEAP_GROWTH_ALLOWED)}`] : []),
    ],
  }
}

function scannerOf(socketPath: string, signal: AbortSignal) {
  const deps = {
    tasks: new Procfs('/proc'),
    runtimes: [createDockerSource({ socketPath, required: true })],
    node: createHostSource({ procRoot: '/proc', nodeName: undefined }),
    nat: createNatSource({ procRoot: '/proc' }),
    nestedNode: false,
    policyHash: null,
    now: Date.now,
  }
  return async (previous: Parameters<typeof reportOf>[1]) => reportOf(await runScan(deps, signal), previous)
}

async function scanUntil(isOver: () => boolean, tally: Tally, scan: ReturnType<typeof scannerOf>): Promise<void> {
  while (!isOver()) await tally.scan(scan)
}

/** Connections that are idle now are closed after a while. */
async function settleOpenFiles(expected: number): Promise<number> {
  const deadline = Date.now() + SETTLE_MS
  while (countOpenFiles() > expected && Date.now() < deadline) await delay(POLL_MS)
  return countOpenFiles()
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
