import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type FaultStore, postgresFaultStore, sqliteFaultStore } from '../test/helpers/fault-store.ts'
import { type KillsOutcome, killAtRandom } from '../test/helpers/kills.ts'
import { startPostgres, whyNoPostgres } from '../test/helpers/postgres.ts'
import type { Outcome, Soak, SoakOptions } from './soak.ts'

const MS_PER_MINUTE = 60_000
const AGENTS = 3

/** Kills agent and collector at random moments, and compares what is stored with what was told. */
export const streamFaults: Soak = {
  name: 'stream-faults',
  title: 'kills of a real agent and a real collector, behind a proxy that makes trouble',
  count: 200,
  whyNot: () => false,
  run: (options) => soakFaults(options, 1, async (folder) => sqliteFaultStore(folder)),
}

/** Likewise with several agents, two collectors and a database that stops and crashes. */
export const streamFaultsPostgres: Soak = {
  name: 'stream-faults-postgres',
  title: 'the same with two collectors of one PostgreSQL, which are killed and frozen, and it is stopped and crashes',
  count: 200,
  whyNot: whyNoPostgres,
  run: (options) =>
    soakFaults(options, AGENTS, async (_folder, ends) => {
      const server = await startPostgres()
      ends.push(() => server.stop())
      return postgresFaultStore(server)
    }),
}

async function soakFaults(
  { count, seed, signal }: SoakOptions,
  agents: number,
  openStore: (folder: string, ends: (() => unknown)[]) => Promise<FaultStore>,
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'ns-'))
  const ends: (() => unknown)[] = [() => rm(folder, { recursive: true })]
  const startedAt = performance.now()
  try {
    const store = await openStore(folder, ends)
    const owner = { teardown: (end: () => unknown) => ends.push(end) }
    const outcome = await killAtRandom(owner, { seed, kills: count, agents, folder, store, signal })
    return report(outcome, agents, (performance.now() - startedAt) / MS_PER_MINUTE)
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

function report({ faults, ...found }: KillsOutcome, agents: number, minutes: number): Outcome {
  const resyncs = found.resyncs - agents
  const figures = {
    'what was done': list(found.deeds),
    minutes: minutes.toFixed(1),
    agents,
    'entries of their ledgers': found.entries,
    'events stored one by one': found.events,
    'changes told by a marker, the first snapshots among them': found.folded,
    'connections by what befell them': list(found.troubles),
  }
  // Without a disk that fails, no history has to become a snapshot.
  const needless = resyncs > 0 ? [`${resyncs} snapshots more than the first`] : []
  return { figures, faults: [...faults, ...needless] }
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
