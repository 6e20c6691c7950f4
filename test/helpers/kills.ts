import { setTimeout as pause } from 'node:timers/promises'
import type { Trouble } from './fault-proxy.ts'
import { FaultRun } from './fault-run.ts'
import type { Audit } from './ledger-audit.ts'
import { randomOf } from './random.ts'
import type { Owner } from './running.ts'

const LONGEST_LIFE_MS = 600
const DAY_MS = 86_400_000

/** How a run of kills went. */
export interface KillsOutcome extends Audit {
  readonly entries: number
  readonly agentKills: number
  readonly collectorKills: number
  readonly troubles: Readonly<Record<string, number>>
}

export interface KillsOptions {
  readonly seed: number
  readonly kills: number
  readonly folder: string
  readonly signal?: AbortSignal
}

/**
 * Kills agent and collector at random moments while a ledger is told through connections that are cut, half-closed,
 * delayed and duplicated, by an agent whose clock jumps; then lets it end in peace and compares.
 */
export async function killAtRandom(owner: Owner, { seed, kills, folder, signal }: KillsOptions): Promise<KillsOutcome> {
  const random = randomOf(seed)
  // Of its own, so that how often the agent connects does not change who is killed.
  const { below } = randomOf(seed + 1)
  const run = await FaultRun.start(owner, { seed, folder, draw: () => drawTrouble(below) })
  const counts = { agentKills: 0, collectorKills: 0 }
  for (let kill = 0; kill < kills && signal?.aborted !== true; kill += 1) {
    await pause(random.below(LONGEST_LIFE_MS))
    if (random.below(2) === 0) {
      counts.agentKills += 1
      await run.killAgent()
      await run.startAgent({ clockOffsetMs: Math.round((random.next() - 0.5) * 2 * DAY_MS) })
    } else {
      counts.collectorKills += 1
      await run.killCollector()
      await run.startCollector()
    }
  }
  return { ...(await run.finish()), ...counts, troubles: run.troubles }
}

function drawTrouble(below: (bound: number) => number): Trouble {
  switch (below(8)) {
    case 0:
      return { kind: 'cut', afterBytes: 200 + below(20_000) }
    case 1:
      return { kind: 'half-close', afterBytes: 200 + below(20_000) }
    case 2:
      return { kind: 'delay', ms: 1 + below(20) }
    case 3:
      return { kind: 'duplicate' }
    default:
      return { kind: 'none' }
  }
}
