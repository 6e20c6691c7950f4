import { parseArgs } from 'node:util'

/** What to load the net namespace with, and how long to measure. */
export interface PortOptions {
  readonly listeners: number
  readonly connections: number
  readonly namespaces: number
  readonly rounds: number
  /** What the bounds are multiplied by: what is above them does not pass. */
  readonly assert: number
}

const USAGE = `Usage: npm run bench:ports -- [options]

Reads who listens, in a net namespace with many listeners and connections, which it makes and ends again, against ss(8) on the
same sockets; then what idle net namespaces add to a scan. Run by hand without unshare(1), it loads the namespace it is in.

  --listeners N    TCP listeners to open (2000)
  --connections N  connections between loopback addresses (20000)
  --namespaces N   idle net namespaces, with a sleeping process in each (100)
  --rounds N       rounds, whose median counts (21)
  --assert FACTOR  exit 1 when a figure is above its bound times this: listeners 0.5 × ss -lntH, with owners
                   1.0 × ss -lntupH, namespaces 20 ms
`

/** Ports and descriptors are not what is measured here. */
const LISTENERS_MAX = 20_000
const CONNECTIONS_MAX = 100_000
const NAMESPACES_MAX = 1000
const ROUNDS_MAX = 1000

/** @throws {TypeError} with the usage when the command line is wrong */
export function parsePortOptions(args: readonly string[]): PortOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      listeners: { type: 'string', default: '2000' },
      connections: { type: 'string', default: '20000' },
      namespaces: { type: 'string', default: '100' },
      rounds: { type: 'string', default: '21' },
      assert: { type: 'string', default: 'Infinity' },
    },
  })
  const assert = Number(values.assert)
  if (!(assert > 0)) throw new TypeError(USAGE)
  return {
    listeners: countOf(values.listeners, 1, LISTENERS_MAX),
    connections: countOf(values.connections, 0, CONNECTIONS_MAX),
    namespaces: countOf(values.namespaces, 0, NAMESPACES_MAX),
    rounds: countOf(values.rounds, 1, ROUNDS_MAX),
    assert,
  }
}

function countOf(text: string, least: number, most: number): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < least || count > most) throw new TypeError(USAGE)
  return count
}
