import { parseArgs } from 'node:util'

/** How large a store to make, and how often to ask it. */
export interface StoreOptions {
  readonly store: 'sqlite' | 'postgres'
  readonly events: number
  readonly findings: number
  readonly nodes: number
  readonly rounds: number
  /** The slowest p99 that passes, in milliseconds. */
  readonly assert: number
}

const USAGE = `Usage: npm run bench:store -- [options]

Fills a store of its own and times every query of the API on it, beside a hundred rows read by their keys.

  --store WORD   sqlite, or postgres: a server of its own (Debian's, as root) (sqlite)
  --events N     events of history (10000000)
  --findings N   findings, of which one in ten is open (1000000)
  --nodes N      nodes that they are on (1000)
  --rounds N     how often each query is asked; each reads on for up to 5 pages (20)
  --assert MS    exit 1 when the p99 of a query is above it
`

/** @throws {TypeError} with the usage when the command line is wrong */
export function parseStoreOptions(args: readonly string[]): StoreOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      store: { type: 'string', default: 'sqlite' },
      events: { type: 'string', default: '10000000' },
      findings: { type: 'string', default: '1000000' },
      nodes: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '20' },
      assert: { type: 'string', default: 'Infinity' },
    },
  })
  const { store, events, findings, nodes, rounds } = values
  const counts = [events, findings, nodes, rounds].map(Number)
  const wrong = counts.some((count) => !Number.isInteger(count) || count < 1) || !(Number(values.assert) > 0)
  if (wrong || (store !== 'sqlite' && store !== 'postgres')) throw new TypeError(USAGE)
  return {
    store,
    events: Number(events),
    findings: Number(findings),
    nodes: Number(nodes),
    rounds: Number(rounds),
    assert: Number(values.assert),
  }
}
