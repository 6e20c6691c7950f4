import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { AGENT_PATH } from '../src/collector/upgrade.ts'
import type { Latency, Sent } from './fleet/commands.ts'
import { parseFleetOptions } from './fleet/options.ts'
import {
  API_TOKEN,
  cpuMsOf,
  Load,
  residentBytesOf,
  type Server,
  startCollector,
  startReference,
  TOKEN,
} from './fleet/processes.ts'

const options = parseFleetOptions(process.argv.slice(2))
const folder = await mkdtemp(join(tmpdir(), 'nsentinel-bench-'))
try {
  await run()
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function run(): Promise<void> {
  const { agents } = options
  console.log(`${agents} agents, batches of ${options.batch} events, ${options.seconds} s each\n`)
  const reference = await measureReference()
  const load = new Load()
  const store = join(folder, 'store.sqlite')
  let collector = await startCollector(store, 0, options.nodeOptions)
  try {
    const idleBefore = residentBytesOf(collector.pid)
    const { tookMs } = await load.ask({ name: 'connect', agents, url: agentUrl(collector), token: TOKEN })
    print('agents connected', `${agents} in ${seconds(tookMs)}`)
    await pause(options.idleMs)
    const idleBytes = (residentBytesOf(collector.pid) - idleBefore) / agents
    print('memory an idle agent', `${(idleBytes / 1024).toFixed(1)} KiB`)
    const idleCpu = await cpuShareOf(collector, () => pause(options.idleMs))
    print('CPU with all idle', `${(100 * idleCpu.share).toFixed(1)} % of a core`)
    const { result: flood, share } = await cpuShareOf(collector, () => load.ask({ name: 'flood', ...options }))
    const rate = rateOf(flood)
    print(
      'events stored a second',
      `${Math.round(rate)} (${(rate / reference).toFixed(2)} × the plain loop's ${Math.round(reference)})`,
    )
    print('  CPU of the collector', `${(100 * share).toFixed(0)} % of a core: ${Math.round(rate / share)} a CPU second`)
    print('  ack, p50 / p99 / most', describe(flood.ack))
    await measureHalf(load, collector, rate / 2)
    collector = await storm(load, collector, store)
    verify(store, await load.ask({ name: 'ledger' }))
  } finally {
    await load.end()
    await collector.end('SIGTERM')
  }
}

async function measureReference(): Promise<number> {
  const server = await startReference(join(folder, 'reference.sqlite'))
  const load = new Load()
  try {
    await load.ask({ name: 'connect', agents: Math.min(options.agents, 1000), url: agentUrl(server), token: TOKEN })
    const { result, share } = await cpuShareOf(server, () => load.ask({ name: 'flood', ...options }))
    print(
      'plain ws + node:sqlite',
      `${Math.round(rateOf(result))} events a second, ${Math.round(rateOf(result) / share)} a CPU second`,
    )
    return rateOf(result)
  } finally {
    await load.end()
    await server.end('SIGTERM')
  }
}

async function measureHalf(load: Load, collector: Server, perSecond: number): Promise<void> {
  const dashboard = `${collector.url.replace('http', 'ws')}/api/v1/live`
  const given = { agents: agentUrl(collector), dashboard, token: TOKEN, apiToken: API_TOKEN }
  const { result, share } = await cpuShareOf(collector, () => load.ask({ name: 'pace', ...options, perSecond }))
  print('at half of that rate', `${Math.round(rateOf(result))} events a second`)
  print('  CPU of the collector', `${(100 * share).toFixed(0)} % of a core`)
  print('  ack, p50 / p99 / most', describe(result.ack))
  const [watched] = await Promise.all([
    load.ask({ name: 'watch', ...given, seconds: options.seconds }),
    load.ask({ name: 'pace', ...options, perSecond }),
  ])
  print('  finding to dashboard', `${describe(watched.delivery)} (${watched.findings} findings)`)
}

/** Kills the collector in the middle of a flood and starts it again at once. */
async function storm(load: Load, collector: Server, store: string): Promise<Server> {
  const back = load.ask({ name: 'return' })
  const flood = load.ask({ name: 'flood', ...options })
  await pause(500)
  await collector.end('SIGKILL')
  const next = await startCollector(store, Number(new URL(collector.url).port), options.nodeOptions)
  const { tookMs, snapshots } = await back
  await flood
  print('all back after a kill -9', `${seconds(tookMs)}, ${snapshots} of them with their whole state`)
  return next
}

/** Compares the store's history with what the agents know to be acknowledged. */
function verify(store: string, ledger: Readonly<Record<string, number>>): void {
  const database = new DatabaseSync(store, { readOnly: true })
  const rows = database
    .prepare(
      `select name, count(*) as stored, max(seq) as last, count(distinct seq) as once from events
       join nodes on nodes.id = node_id where ord = 0 group by node_id`,
    )
    .all()
  database.close()
  const stored = new Map(rows.map((row) => [String(row['name']), row]))
  const wrong = Object.entries(ledger).filter(([name, last]) => {
    const row = stored.get(name)
    return last > 0 && (row?.['last'] !== last || row['stored'] !== last || row['once'] !== last)
  })
  const total = Object.values(ledger).reduce((sum, last) => sum + last, 0)
  print('events lost or doubled', `${wrong.length === 0 ? 'none' : `on ${wrong.length} nodes`} of ${total}`)
  if (wrong.length > 0) process.exitCode = 1
}

async function cpuShareOf<Result>(server: Server, act: () => Promise<Result>) {
  const startedAt = performance.now()
  const before = cpuMsOf(server.pid)
  const result = await act()
  return { result, share: (cpuMsOf(server.pid) - before) / (performance.now() - startedAt) }
}

function agentUrl({ url }: Server): string {
  return `${url.replace('http', 'ws')}${AGENT_PATH}`
}

function rateOf({ events, tookMs }: Sent): number {
  return (1000 * events) / tookMs
}

function describe({ p50, p99, most }: Latency): string {
  return [p50, p99, most].map((ms) => `${ms.toFixed(1)} ms`).join(' / ')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function print(name: string, value: string): void {
  console.log(`${name.padEnd(26)}${value}`)
}
