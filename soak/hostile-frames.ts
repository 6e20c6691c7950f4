import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { pino } from 'pino'
import { type Served, serve } from '../src/cli/serve.ts'
import { AGENT_PATH } from '../src/collector/upgrade.ts'
import { randomOf } from '../test/helpers/random.ts'
import { testStream } from '../test/helpers/stream.ts'
import { Innocent } from './hostile/innocent.ts'
import { visit } from './hostile/lane.ts'
import { HostileTally } from './hostile/tally.ts'
import { drawVisit, type Stage } from './hostile/visit.ts'
import { measureHeap } from './resources.ts'
import type { Outcome, Soak, SoakOptions } from './soak.ts'

const LANES = 64
/** One after another in a lane, so that nobody meets the end of its own last visit. */
const NAMES_OF_LANE = 16
const TOKEN = 'an-enrolment-token-of-a-soak'
const WARM_UP = 0.2
/** What is kept of nodes, agents, throttles and compiled code has bounds; a frame kept of each visit would be many times as much. */
const HEAP_GROWTH_ALLOWED = 24 << 20
/** No agent is slowed down here: each frame is to be judged. */
const PLENTY = { perSecond: 1e9, burst: 1e9 }

/** Connects to a real collector in every hostile way, beside an agent that must not notice. */
export const hostileFrames: Soak = {
  name: 'hostile-frames',
  title: 'hostile frames and handshakes against a real collector, beside an innocent agent',
  count: 1_000_000,
  whyNot: () => false,
  run: async (options) => {
    const folder = await mkdtemp(join(tmpdir(), 'nsentinel-'))
    const store = join(folder, 'store.db')
    const logged = new Map<string, number>()
    const log = pino({ level: 'warn' }, { write: (line) => count(logged, JSON.parse(line).msg) })
    const served = await serve({
      listen: { address: '127.0.0.1', port: 0, insecure: false },
      listenFlag: '--listen',
      store: { kind: 'sqlite', path: store },
      retention: { ageMs: 86_400_000, events: 10_000_000 },
      enrolmentToken: TOKEN,
      apiTokens: [],
      rates: { frames: PLENTY, events: PLENTY, bytes: PLENTY },
      log,
      onLoginAddress: () => undefined,
      onChanged: () => undefined,
    })
    try {
      return await soak({ served, store, logged }, options)
    } finally {
      await served.close()
      await rm(folder, { recursive: true })
    }
  },
}

interface Scene {
  readonly served: Served
  readonly store: string
  readonly logged: ReadonlyMap<string, number>
}

async function soak({ served, store, logged }: Scene, options: SoakOptions): Promise<Outcome> {
  const url = new URL(AGENT_PATH, served.url.replace('http', 'ws'))
  const innocent = new Innocent(url, TOKEN)
  const over = new AbortController()
  const living = innocent.run(over.signal)
  await innocent.enrolled
  const tally = new HostileTally()
  const startedAt = performance.now()
  const attack = { port: Number(url.port), tally, stage: stageOf(innocent) }
  const warmUp = Math.ceil(options.count * WARM_UP)
  await storm(attack, { ...options, count: warmUp }, 0)
  const before = await measureHeap()
  await storm(attack, { ...options, count: options.count }, 1)
  const after = await measureHeap()
  const seconds = (performance.now() - startedAt) / 1000
  over.abort()
  await living
  innocent.checkHistory(store)
  if (after - before > HEAP_GROWTH_ALLOWED) tally.faults.push('the heap grew')
  if (Reflect.has({}, 'polluted')) tally.faults.push('the prototype of all objects was changed')
  const { items } = await served.store.listAudit({ limit: 1000 })
  return {
    figures: {
      ...tally.figures(seconds, innocent.latencies),
      'entries in the audit, refusals in them': `${items.length}, ${items.reduce((sum, entry) => sum + entry.count, 0)}`,
      'lines of the log at warn and above': [...logged].map(([message, times]) => `${message} ${times}`).join(', '),
      'heap after the first fifth, growth to the end': `${mebibytes(before)}, ${mebibytes(after - before)}`,
      'largest resident memory, of both ends together': mebibytes(process.resourceUsage().maxRSS * 1024),
    },
    faults: [...tally.faults, ...innocent.faults],
  }
}

interface Attack {
  readonly port: number
  readonly tally: HostileTally
  readonly stage: Stage
}

/** Visits in lanes until so many frames were sent; what a lane draws depends on the seed alone. */
async function storm(
  { port, tally, stage }: Attack,
  { count, seed, signal }: SoakOptions,
  round: number,
): Promise<void> {
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const random = randomOf(seed + lane * 1000 + round)
    for (let number = 0; tally.frames < count && !signal.aborted; number += 1) {
      const drawn = drawVisit(random, `bad-${lane}-${number % NAMES_OF_LANE}`, stage)
      tally.note(drawn, await visit(port, drawn))
    }
  })
  await Promise.all(lanes)
}

/** What they caught of the innocent agent: frames as it sends them, of a stream of its own name. */
function stageOf({ identity }: Innocent): Stage {
  const stream = testStream(identity.node)
  const hello = JSON.stringify({ type: 'hello', ...stream.hello(identity) })
  return { token: TOKEN, victim: identity, stolen: [hello, stream.snapshotFrame(), stream.frame([])] }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
