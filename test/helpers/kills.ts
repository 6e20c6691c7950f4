import { setTimeout as pause } from 'node:timers/promises'
import type { Trouble } from './fault-proxy.ts'
import { FaultRun } from './fault-run.ts'
import { FaultSite } from './fault-site.ts'
import type { FaultStore } from './fault-store.ts'
import type { Audit } from './ledger-audit.ts'
import { type Random, randomOf } from './random.ts'
import type { Owner } from './running.ts'

const LONGEST_LIFE_MS = 600
const DAY_MS = 86_400_000

/** How a run of faults went. */
export interface KillsOutcome extends Audit {
  readonly entries: number
  /** What was done how often. */
  readonly deeds: Readonly<Record<string, number>>
  readonly troubles: Readonly<Record<string, number>>
}

export interface KillsOptions {
  readonly seed: number
  readonly kills: number
  readonly folder: string
  readonly store: FaultStore
  /** How many agents tell a ledger each, at the same time. */
  readonly agents?: number
  readonly signal?: AbortSignal
}

/**
 * Kills agents, collectors and the database at random moments, and freezes collectors whose agents move on, while ledgers
 * are told through connections that are cut, half-closed, delayed, duplicated and stranded, by agents whose clocks jump;
 * then lets all end in peace and compares.
 */
export async function killAtRandom(owner: Owner, options: KillsOptions): Promise<KillsOutcome> {
  const { seed, kills, folder, store, agents = 1, signal } = options
  const random = randomOf(seed)
  // Of its own, so that how often the agent connects does not change who is killed.
  const { below } = randomOf(seed + 1)
  const site = await FaultSite.start(owner, { store, draw: () => drawTrouble(below) })
  const runs: FaultRun[] = []
  for (let agent = 0; agent < agents; agent += 1) {
    runs.push(await FaultRun.join(owner, site, { seed: seed + agent, folder }))
  }
  const drawDeed = shuffledDeck(deedsOf({ site, runs, random }), random)
  const counts: Record<string, number> = {}
  for (let kill = 0; kill < kills && signal?.aborted !== true; kill += 1) {
    await pause(random.below(LONGEST_LIFE_MS))
    const [name, act] = drawDeed()
    counts[name] = (counts[name] ?? 0) + 1
    await act()
    if (site.crashes.length > 0) await site.start()
  }
  const entries = await Promise.all(runs.map((run) => run.finishAgent()))
  await site.end('SIGTERM')
  const audits = await Promise.all(runs.map((run, index) => run.audit(entries[index] ?? 0)))
  const { faults, ...sum } = sumOf(audits)
  return { ...sum, faults: [...site.crashes, ...faults], deeds: counts, troubles: site.proxy.counts }
}

interface Scene {
  readonly site: FaultSite
  readonly runs: readonly FaultRun[]
  readonly random: Random
}

type Deed = readonly [name: string, act: () => Promise<void>]

/** Draws one after another in an order of chance, all of them before any again. */
function shuffledDeck<Card>(cards: readonly Card[], random: Random): () => Card {
  let left: Card[] = []
  return () => {
    if (left.length === 0) left = [...cards]
    const [card] = left.splice(random.below(left.length), 1)
    if (card === undefined) throw new Error('there is nothing to draw')
    return card
  }
}

/** What may be done. */
function deedsOf({ site, runs, random }: Scene): readonly Deed[] {
  const { collectors, restart } = site.store
  const killAgent = async () => {
    const run = runs[random.below(runs.length)]
    await run?.killAgent()
    await run?.startAgent({ clockOffsetMs: Math.round((random.next() - 0.5) * 2 * DAY_MS) })
  }
  const killCollector = async () => {
    await site.end('SIGKILL', random.below(collectors))
    await site.start()
  }
  const deeds: Deed[] = [
    ['agent killed', killAgent],
    ['collector killed', killCollector],
  ]
  if (collectors > 1) {
    deeds.push(['collector frozen', () => freeze({ site, runs, random })])
    deeds.push(['agents moved', async () => site.move()])
  }
  if (restart !== null) {
    deeds.push(['database stopped', () => restart('fast')], ['database crashed', () => restart('immediate')])
  }
  return deeds
}

/** Freezes a collector in whatever it does, has its agents move on, and lets it go on where it was. */
async function freeze({ site, runs, random }: Scene): Promise<void> {
  const index = random.below(site.store.collectors)
  site.signal(index, 'SIGSTOP')
  await pause(random.below(LONGEST_LIFE_MS))
  site.strand(index)
  await Promise.all(runs.map((run) => run.progress()))
  site.signal(index, 'SIGCONT')
  site.rejoin(index)
}

function sumOf(audits: readonly (Audit & { readonly entries: number })[]): Audit & { readonly entries: number } {
  const sum = {
    faults: [...audits.flatMap(({ faults }) => faults)],
    entries: 0,
    events: 0,
    epochs: 0,
    resyncs: 0,
    folded: 0,
  }
  for (const audit of audits) {
    for (const figure of ['entries', 'events', 'epochs', 'resyncs', 'folded'] as const) sum[figure] += audit[figure]
  }
  return sum
}

function drawTrouble(below: (bound: number) => number): Trouble {
  switch (below(9)) {
    case 0:
      return { kind: 'cut', afterBytes: 200 + below(20_000) }
    case 1:
      return { kind: 'half-close', afterBytes: 200 + below(20_000) }
    case 2:
      return { kind: 'delay', ms: 1 + below(20) }
    case 3:
      return { kind: 'duplicate' }
    case 4:
      return { kind: 'strand', afterBytes: 200 + below(20_000), ms: 20 + below(300) }
    default:
      return { kind: 'none' }
  }
}
