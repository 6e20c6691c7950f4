import { parseArgs } from 'node:util'

/** How large a fleet to simulate, and how hard it works. */
export interface FleetOptions {
  readonly agents: number
  readonly batch: number
  readonly inFlight: number
  readonly seconds: number
  /** How long to let an idle fleet settle, and then to watch it. */
  readonly idleMs: number
  /** SQLite is measured in any case: the other one stands beside it. */
  readonly store: 'sqlite' | 'postgres'
  /** How many collectors share the database. */
  readonly collectors: number
  /** For the collector's process, such as `--cpu-prof`. */
  readonly nodeOptions: string
}

const USAGE = `Usage: npm run bench:fleet -- [options]

Connects simulated agents to a real collector over a file, and compares what it stores with a plain ws + node:sqlite loop;
then, if asked, to several collectors of a PostgreSQL of its own (Debian's, as root), beside the figures of the file.

  --store WORD       sqlite, or postgres after it (sqlite)
  --collectors N     how many collectors share PostgreSQL (1)
  --agents N         how many agents connect (10000)
  --batch N          events in a batch (100)
  --in-flight N      how many agents wait for an acknowledgement at once (64)
  --seconds N        how long each load lasts (10)
  --idle SECONDS     how long the fleet is left idle, twice (10)
  --node-options S   for the collector's process, such as --cpu-prof
`

/** @throws {TypeError} with the usage when the command line is wrong */
export function parseFleetOptions(args: readonly string[]): FleetOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      store: { type: 'string', default: 'sqlite' },
      collectors: { type: 'string', default: '1' },
      agents: { type: 'string', default: '10000' },
      batch: { type: 'string', default: '100' },
      'in-flight': { type: 'string', default: '64' },
      seconds: { type: 'string', default: '10' },
      idle: { type: 'string', default: '10' },
      'node-options': { type: 'string', default: '' },
    },
  })
  const [agents = 0, batch = 0, inFlight = 0, seconds = 0, idle = 0, collectors = 0] = [
    values.agents,
    values.batch,
    values['in-flight'],
    values.seconds,
    values.idle,
    values.collectors,
  ].map(Number)
  const { store } = values
  const counts = [agents, batch, inFlight, collectors]
  const wrong = counts.some((count) => !Number.isInteger(count) || count < 1) || !(seconds > 0) || !(idle >= 0)
  if (wrong || batch > 1000 || (store !== 'sqlite' && store !== 'postgres')) throw new TypeError(USAGE)
  if (store === 'sqlite' && collectors !== 1) throw new TypeError(USAGE)
  return {
    agents,
    batch,
    inFlight,
    seconds,
    idleMs: idle * 1000,
    store,
    collectors,
    nodeOptions: values['node-options'],
  }
}
