import { performance } from 'node:perf_hooks'
import { reportOf } from '../src/agent/findings.ts'
import { runScan } from '../src/agent/scan.ts'
import { createHostSource } from '../src/sources/host.ts'
import { createNatSource } from '../src/sources/nat/nat.ts'
import { Procfs } from '../src/sources/procfs/procfs.ts'
import { type Load, startProcesses, startThreads } from './load.ts'
import { type Census, describeCensus, describeMachine, takeCensus } from './machine.ts'
import { parseOptions } from './options.ts'
import { timeCommand } from './reference.ts'
import { type Measurement, measure } from './rounds.ts'

const OURS = 'read and judge, in a started process'
const REFERENCE = 'lsns -J, whole command'
const COMMAND = 'nsentinel scan --output json, whole command'
const CLI = ['src/cli/main.ts', 'scan', '--output', 'json']

/** Starting Node.js takes long, and hardly varies. */
const COMMAND_EVERY = 4

/** Threads of one process: few enough for libuv's pool, many enough that the processes themselves cost nothing. */
const THREADS_EACH = 100

const scanDeps = {
  tasks: new Procfs('/proc'),
  runtimes: [],
  node: createHostSource({ procRoot: '/proc', nodeName: undefined }),
  nat: createNatSource({ procRoot: '/proc' }),
  nestedNode: false,
  policyHash: null,
  now: Date.now,
}

const measurements: readonly Measurement[] = [
  { name: OURS, every: 1, run: timeScan },
  { name: REFERENCE, every: 1, run: () => timeCommand('lsns', ['-J']) },
  { name: COMMAND, every: COMMAND_EVERY, run: () => timeCommand(process.execPath, CLI) },
]

interface Figures {
  readonly census: Census
  readonly medianMs: (name: string) => number
}

const options = parseOptions(process.argv.slice(2))
console.log(`${describeMachine()}\n`)
const loaded: Figures[] = []
for (const count of options.processes) {
  loaded.push(await measureUnder(`${count} sleeping processes`, await startProcesses(count)))
}
const last = loaded.at(-1)
if (last !== undefined && options.threads > 0) await measureThreads(options.threads, last)
const ratio = last === undefined ? Number.NaN : last.medianMs(OURS) / last.medianMs(REFERENCE)
if (!(ratio <= options.assert)) {
  console.error(`read and judge took ${ratio.toFixed(3)} × lsns -J, more than ${options.assert}`)
  process.exitCode = 1
}

/** lsns(8) reads no threads, so the ratio to it says little here: what says something is the price. */
async function measureThreads(count: number, processes: Figures): Promise<void> {
  const idle = await measureUnder('no load', { stop: async () => {} })
  const holders = Math.ceil(count / THREADS_EACH)
  const load = await startThreads(holders, THREADS_EACH)
  const threads = await measureUnder(`${holders} processes with ${THREADS_EACH} more sleeping threads each`, load)
  const price = priceOf(threads, idle) / priceOf(processes, idle)
  console.log(`A thread costs ${price.toFixed(2)} × a process of one thread.`)
}

/** What one task of a load adds, in milliseconds. */
function priceOf({ census, medianMs }: Figures, idle: Figures): number {
  return (medianMs(OURS) - idle.medianMs(OURS)) / (census.tasks - idle.census.tasks)
}

/** Measures and prints under a load, which ends with it. */
async function measureUnder(title: string, load: Load): Promise<Figures> {
  try {
    const census = takeCensus(scanDeps.tasks.read())
    console.log(`${title} (the machine: ${describeCensus(census)})`)
    const medians = await measure(measurements, options.rounds)
    const medianMs = (name: string) => medians.get(name) ?? Number.NaN
    for (const { name } of measurements) {
      const times = (medianMs(name) / medianMs(REFERENCE)).toFixed(3)
      console.log(
        `  ${name.padEnd(COMMAND.length)}${times.padStart(8)} × lsns -J${medianMs(name).toFixed(1).padStart(9)} ms`,
      )
    }
    console.log()
    return { census, medianMs }
  } finally {
    await load.stop()
  }
}

/** The time that a scan kept us busy: without the wait before its second look, where anything is odd. */
async function timeScan(): Promise<number> {
  const before = performance.eventLoopUtilization()
  reportOf(await runScan(scanDeps, new AbortController().signal))
  return performance.eventLoopUtilization(before).active
}
