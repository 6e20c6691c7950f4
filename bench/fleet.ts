import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentUrl, measureStore, print, type Rate, rateOf } from './fleet/measure.ts'
import { parseFleetOptions } from './fleet/options.ts'
import { cpuMsOf, Load, startReference, TOKEN } from './fleet/processes.ts'
import { databaseStore, fileStore } from './fleet/stores.ts'

const options = parseFleetOptions(process.argv.slice(2))
const folder = await mkdtemp(join(tmpdir(), 'nsentinel-bench-'))
try {
  await run()
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function run(): Promise<void> {
  console.log(`${options.agents} agents, batches of ${options.batch} events, ${options.seconds} s each\n`)
  const reference = await measureReference()
  const file = fileStore(folder)
  const sqlite = await measureStore(file, options, { collectors: 1, beside: [reference] })
  await file.end()
  if (options.store === 'sqlite') return
  const database = await databaseStore()
  // A server outlives us unless it is told to end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void database.end().finally(() => process.exit(1)))
  }
  const { collectors } = options
  await measureStore(database, options, { collectors, beside: [reference, sqlite] }).finally(() => database.end())
}

async function measureReference(): Promise<Rate> {
  const server = await startReference(join(folder, 'reference.sqlite'))
  const load = new Load()
  try {
    const agents = Math.min(options.agents, 1000)
    await load.ask({ name: 'connect', agents, urls: [agentUrl(server)], token: TOKEN })
    const startedAt = performance.now()
    const cpuBefore = cpuMsOf(server.pid)
    const perSecond = rateOf(await load.ask({ name: 'flood', ...options }))
    const share = (cpuMsOf(server.pid) - cpuBefore) / (performance.now() - startedAt)
    const figures = `${Math.round(perSecond)} events a second, ${Math.round(perSecond / share)} a CPU second`
    print('plain ws + node:sqlite', figures)
    return { name: "the plain loop's", perSecond }
  } finally {
    await load.end()
    await server.end('SIGTERM')
  }
}
