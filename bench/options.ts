import { parseArgs } from 'node:util'

/** What to load the machine with, and how long to measure. */
export interface Options {
  readonly processes: readonly number[]
  readonly threads: number
  readonly rounds: number
  /** The largest ratio that passes. */
  readonly assert: number
}

const USAGE = `Usage: npm run bench:scan -- [options]

Reads and judges the namespaces of sleeping processes, which it starts and ends again, against lsns(8) on the same tasks.

  --processes N,N  how many processes to start, one load after the other (300,1000)
  --threads N      how many threads to start for the last load, 0 for none (1000)
  --rounds N       rounds, whose median counts (21)
  --assert RATIO   exit 1 when the ratio under the last load of processes is above it
`

/** A machine's limits of processes and threads are not what is measured here. */
const TASKS_MAX = 10_000

/** @throws {TypeError} with the usage when the command line is wrong */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      processes: { type: 'string', default: '300,1000' },
      threads: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '21' },
      assert: { type: 'string', default: 'Infinity' },
    },
  })
  const options = {
    processes: values.processes.split(',').map(Number),
    threads: Number(values.threads),
    rounds: Number(values.rounds),
    assert: Number(values.assert),
  }
  const counts = [...options.processes, options.threads, options.rounds]
  const wrong = counts.some((count) => !Number.isInteger(count) || count < 0 || count > TASKS_MAX)
  if (wrong || options.rounds === 0 || !(options.assert > 0)) throw new TypeError(USAGE)
  return options
}
