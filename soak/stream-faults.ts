import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type KillsOutcome, killAtRandom } from '../test/helpers/kills.ts'
import type { Outcome, Soak } from './soak.ts'

const MS_PER_MINUTE = 60_000

/** Kills agent and collector at random moments, and compares what is stored with what was told. */
export const streamFaults: Soak = {
  name: 'stream-faults',
  title: 'kills of a real agent and a real collector, behind a proxy that makes trouble',
  count: 200,
  whyNot: () => false,
  run: async ({ count, seed, signal }) => {
    const folder = await mkdtemp(join(tmpdir(), 'ns-'))
    const ends: (() => unknown)[] = [() => rm(folder, { recursive: true })]
    const startedAt = performance.now()
    try {
      const owner = { teardown: (end: () => unknown) => ends.push(end) }
      const outcome = await killAtRandom(owner, { seed, kills: count, folder, signal })
      return report(outcome, (performance.now() - startedAt) / MS_PER_MINUTE)
    } finally {
      for (const end of ends.toReversed()) await end()
    }
  },
}

function report({ faults, ...found }: KillsOutcome, minutes: number): Outcome {
  const resyncs = found.resyncs - 1
  const figures = {
    'kills of the agent, of the collector': `${found.agentKills}, ${found.collectorKills}`,
    minutes: minutes.toFixed(1),
    'entries of the ledger': found.entries,
    'events stored one by one': found.events,
    'changes told by a marker, the first snapshot among them': found.folded,
    'connections by what befell them': Object.entries(found.troubles)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', '),
  }
  // Without a disk that fails, no history has to become a snapshot.
  const needless = resyncs > 0 ? [`${resyncs} snapshots more than the first`] : []
  return { figures, faults: [...faults, ...needless] }
}
