import { setTimeout as pause } from 'node:timers/promises'
import { AGENT_PATH } from '../../src/collector/upgrade.ts'
import type { Latency, Sent } from './commands.ts'
import type { FleetOptions } from './options.ts'
import { API_TOKEN, cpuMsOf, Load, residentBytesOf, type Server, startCollector, TOKEN } from './processes.ts'
import type { MeasuredStore } from './stores.ts'

/** A rate that others are compared with. */
export interface Rate {
  readonly name: string
  readonly perSecond: number
}

/** Measures collectors of one store under a fleet; gives how many events they stored a second. */
export async function measureStore(
  store: MeasuredStore,
  options: FleetOptions,
  { collectors: count, beside }: { readonly collectors: number; readonly beside: readonly Rate[] },
): Promise<Rate> {
  const { agents, nodeOptions } = options
  console.log(`\n${count === 1 ? 'one collector' : `${count} collectors`} on ${store.name}`)
  const load = new Load()
  const collectors = [await startCollector(store, 0, nodeOptions)]
  while (collectors.length < count) collectors.push(await startCollector(store, 0, nodeOptions))
  const watched = { store, collectors, load }
  try {
    await measureIdle(watched, agents, options.idleMs)
    const { sent, cpu } = await loaded(watched, () => load.ask({ name: 'flood', ...options }))
    const perSecond = rateOf(sent)
    const ratios = beside.map((rate) => `${(perSecond / rate.perSecond).toFixed(2)} × ${rate.name}`)
    print('events stored a second', `${Math.round(perSecond)} (${ratios.join(', ')})`)
    print('  CPU', cpu)
    print('  ack, p50 / p99 / most', describe(sent.ack))
    await measureHalf(watched, options, perSecond / 2)
    await storm(watched, options)
    await verify(store, await load.ask({ name: 'ledger' }))
    return { name: `${store.name}'s`, perSecond }
  } finally {
    await load.end()
    for (const collector of collectors) await collector.end('SIGTERM')
  }
}

interface Watched {
  readonly store: MeasuredStore
  readonly collectors: Server[]
  readonly load: Load
}

async function measureIdle({ collectors, load }: Watched, agents: number, idleMs: number): Promise<void> {
  const before = sumOf(collectors, residentBytesOf)
  const { tookMs } = await load.ask({ name: 'connect', agents, urls: collectors.map(agentUrl), token: TOKEN })
  print('agents connected', `${agents} in ${seconds(tookMs)}`)
  await pause(idleMs)
  print('memory an idle agent', `${((sumOf(collectors, residentBytesOf) - before) / agents / 1024).toFixed(1)} KiB`)
  if (idleMs === 0) return
  const cpuBefore = sumOf(collectors, cpuMsOf)
  await pause(idleMs)
  const share = (sumOf(collectors, cpuMsOf) - cpuBefore) / idleMs
  print('CPU with all idle', `${(100 * share).toFixed(1)} % of a core`)
}

async function measureHalf(watched: Watched, options: FleetOptions, perSecond: number): Promise<void> {
  const { collectors, load } = watched
  const { sent, cpu } = await loaded(watched, () => load.ask({ name: 'pace', ...options, perSecond }))
  print('at half of that rate', `${Math.round(rateOf(sent))} events a second`)
  print('  CPU', cpu)
  print('  ack, p50 / p99 / most', describe(sent.ack))
  const [first, last] = [collectors[0], collectors.at(-1)]
  if (first === undefined || last === undefined) return
  const dashboard = `${last.url.replace('http', 'ws')}/api/v1/live`
  const given = { agents: agentUrl(first), dashboard, token: TOKEN, apiToken: API_TOKEN }
  const [delivered] = await Promise.all([
    load.ask({ name: 'watch', ...given, seconds: options.seconds }),
    load.ask({ name: 'pace', ...options, perSecond }),
  ])
  const where = first === last ? '' : ' of another collector'
  print('  finding to dashboard', `${describe(delivered.delivery)} (${delivered.findings} findings)${where}`)
}

/** Kills a collector in the middle of a flood and starts it again at once; its agents may go to another one. */
async function storm({ store, collectors, load }: Watched, options: FleetOptions): Promise<void> {
  const [killed] = collectors
  if (killed === undefined) return
  const back = load.ask({ name: 'return', lost: Math.floor(options.agents / collectors.length) })
  const flood = load.ask({ name: 'flood', ...options })
  await pause(500)
  await killed.end('SIGKILL')
  collectors[0] = await startCollector(store, Number(new URL(killed.url).port), options.nodeOptions)
  const { tookMs, snapshots } = await back
  await flood
  print('all back after a kill -9', `${seconds(tookMs)}, ${snapshots} of them with their whole state`)
}

/** Compares the store's history with what the agents know to be acknowledged. */
async function verify(store: MeasuredStore, ledger: Readonly<Record<string, number>>): Promise<void> {
  const stored = await store.readStored()
  let total = 0
  let wrong = 0
  for (const [name, last] of Object.entries(ledger)) {
    const found = stored.get(name) ?? { events: 0, once: 0, last: 0 }
    total += last
    if (last > 0 && (found.last !== last || found.events !== last || found.once !== last)) wrong += 1
  }
  print('events lost or doubled', `${wrong === 0 ? 'none' : `on ${wrong} nodes`} of ${total}`)
  if (wrong > 0) process.exitCode = 1
}

/** Describes the processor time that a load takes. */
async function loaded({ store, collectors }: Watched, act: () => Promise<Sent>) {
  const startedAt = performance.now()
  const before = { own: sumOf(collectors, cpuMsOf), database: store.cpuMs?.() ?? 0 }
  const sent = await act()
  const tookMs = performance.now() - startedAt
  const own = (sumOf(collectors, cpuMsOf) - before.own) / tookMs
  const database = ((store.cpuMs?.() ?? 0) - before.database) / tookMs
  const parts = [`collectors ${percent(own)}`, ...(store.cpuMs === null ? [] : [`database ${percent(database)}`])]
  return {
    sent,
    cpu: `${parts.join(', ')} of a core: ${Math.round(rateOf(sent) / (own + database))} events a CPU second`,
  }
}

function sumOf(servers: readonly Server[], figure: (pid: number) => number): number {
  let sum = 0
  for (const { pid } of servers) sum += figure(pid)
  return sum
}

/** Where agents connect to. */
export function agentUrl({ url }: Server): string {
  return `${url.replace('http', 'ws')}${AGENT_PATH}`
}

/** Gives events a second. */
export function rateOf({ events, tookMs }: Sent): number {
  return (1000 * events) / tookMs
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

function describe({ p50, p99, most }: Latency): string {
  return [p50, p99, most].map((ms) => `${ms.toFixed(1)} ms`).join(' / ')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** Prints one figure. */
export function print(name: string, value: string): void {
  console.log(`${name.padEnd(26)}${value}`)
}
