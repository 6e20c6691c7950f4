import { spawnSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { performance } from 'node:perf_hooks'
import { listNetSpaces, listSuspects } from '../src/agent/net-spaces.ts'
import { runScan } from '../src/agent/scan.ts'
import { createHostSource } from '../src/sources/host.ts'
import type { ListenerSource } from '../src/sources/listener-source.ts'
import { createNatSource } from '../src/sources/nat/nat.ts'
import { ProcfsListeners } from '../src/sources/procfs/listeners.ts'
import { Procfs } from '../src/sources/procfs/procfs.ts'
import { createFileReader } from '../src/sources/procfs/read-file.ts'
import { type Load, startProcesses, startSockets } from './load.ts'
import { describeCensus, describeMachine, takeCensus } from './machine.ts'
import { parsePortOptions } from './port-options.ts'
import { timeCommand } from './reference.ts'
import { type Measurement, measure } from './rounds.ts'

/** What passes: ratios to ss(8) on the same sockets, and milliseconds that namespaces add. */
const LISTENERS_MAX = 0.5
const OWNERS_MAX = 1
const NAMESPACES_MAX_MS = 20

/** Processes that share the sockets: what each may have open is below what Linux allows by default. */
const HELPERS = 4

const SS = 'ss -lntH, whole command'
const SS_OWNERS = 'ss -lntupH, whole command'
const FIRST = 'listeners, first look'
const FIRST_OWNERS = 'listeners with owners, first look'
const STEADY_OWNERS = 'listeners with owners, later looks'
const WIDTH = 36

const options = parsePortOptions(process.argv.slice(2))
// In a net namespace of its own nothing is up.
if (networkInterfaces()['lo'] === undefined) spawnSync('ip', ['link', 'set', 'lo', 'up'], { stdio: 'inherit' })
const tasks = new Procfs('/proc')
console.log(`${describeMachine()} · ${versionOfSs()}\n`)
const isWithin = [await measureListeners(), await measureNamespaces()]
if (isWithin.includes(false)) {
  console.error('a figure is above its bound')
  process.exitCode = 1
}

/** Reads the tables and descriptors behind the sockets of the net namespace that we are in, against ss(8). */
async function measureListeners(): Promise<boolean> {
  const { listeners, connections, rounds } = options
  const load = await startSockets(HELPERS, listeners, connections)
  return await under(load, async () => {
    console.log(
      `${listeners} listeners and ${connections} established connections (${describeCensus(takeCensus(tasks.read()))})`,
    )
    const running = createListeners()
    const measurements: readonly Measurement[] = [
      { name: SS, every: 1, run: () => timeCommand('ss', ['-lntH']) },
      { name: FIRST, every: 1, run: () => timeLook(createListeners(), false) },
      { name: SS_OWNERS, every: 1, run: () => timeCommand('ss', ['-lntupH']) },
      { name: FIRST_OWNERS, every: 1, run: () => timeLook(createListeners(), true) },
      { name: STEADY_OWNERS, every: 1, run: () => timeLook(running, true) },
    ]
    const medians = await measure(measurements, rounds)
    const ratio = (name: string, reference: string) => (medians.get(name) ?? Number.NaN) / (medians.get(reference) ?? 0)
    const print = (name: string, reference: string) => {
      const ms = `${(medians.get(name) ?? Number.NaN).toFixed(1).padStart(9)} ms`
      console.log(
        `  ${name.padEnd(WIDTH)}${ratio(name, reference).toFixed(3).padStart(8)} × ${reference.split(',')[0]}${ms}`,
      )
    }
    for (const name of [SS, FIRST]) print(name, SS)
    for (const name of [SS_OWNERS, FIRST_OWNERS, STEADY_OWNERS]) print(name, SS_OWNERS)
    console.log()
    return (
      ratio(FIRST, SS) <= LISTENERS_MAX * options.assert &&
      ratio(FIRST_OWNERS, SS_OWNERS) <= OWNERS_MAX * options.assert
    )
  })
}

/** Tells what idle net namespaces add to a scan, beside as many sleeping processes in none of their own. */
async function measureNamespaces(): Promise<boolean> {
  const { namespaces, rounds } = options
  const without = await under(await startProcesses(namespaces), () => medianScan(rounds))
  const within = await under(await startProcesses(namespaces, 'unshare', '--net'), () => medianScan(rounds))
  const addedMs = within - without
  console.log(
    `${namespaces} idle net namespaces add ${addedMs.toFixed(1)} ms to a steady scan of ${without.toFixed(1)} ms`,
  )
  return addedMs <= NAMESPACES_MAX_MS * options.assert
}

async function under<Value>(load: Load, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run()
  } finally {
    await load.stop()
  }
}

function createListeners(): ListenerSource {
  return new ProcfsListeners({ root: '/proc', readFile: createFileReader() })
}

/** Looks at the net namespace that we are in, as the host's; the processes are those that a scan has read anyway. */
function timeLook(source: ListenerSource, withOwners: boolean): number {
  const report = tasks.read()
  const context = {
    report,
    processes: report.processes,
    drafts: [],
    baseline: { node: {}, kernel: null, nested: false },
  }
  const spaces = listNetSpaces(context).filter(({ inode }) => inode === report.self.net)
  const suspects = withOwners ? listSuspects(context) : []
  const startedAt = performance.now()
  const { sockets } = source.read(
    spaces.map((space) => ({ ...space, isHost: true })),
    suspects,
    report.self.net,
  )
  const tookMs = performance.now() - startedAt
  if (sockets.length < options.listeners) throw new Error(`only ${sockets.length} listeners were found`)
  return tookMs
}

/** The time that a scan in a running agent keeps it busy: without waits. */
async function medianScan(rounds: number): Promise<number> {
  const node = createHostSource({ procRoot: '/proc', nodeName: undefined })
  const deps = {
    tasks: new Procfs('/proc'),
    runtimes: [],
    nat: createNatSource({ procRoot: '/proc' }),
    node,
    nestedNode: false,
    policyHash: null,
    now: Date.now,
  }
  const run = async () => {
    const before = performance.eventLoopUtilization()
    await runScan(deps, new AbortController().signal)
    return performance.eventLoopUtilization(before).active
  }
  const medians = await measure([{ name: 'scan', every: 1, run }], rounds)
  return medians.get('scan') ?? Number.NaN
}

function versionOfSs(): string {
  const { stdout, error } = spawnSync('ss', ['-V'], { encoding: 'utf8' })
  if (error !== undefined) throw new Error('ss(8) of iproute2 cannot be run', { cause: error })
  return stdout.trim()
}
