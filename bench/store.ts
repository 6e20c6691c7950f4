import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Latency, latencyOf } from './fleet/commands.ts'
import { parseStoreOptions } from './store/options.ts'
import { listQueries } from './store/queries.ts'
import { type AskedStore, databaseStore, fileStore } from './store/stores.ts'

/** How many pages a query reads on from its first, each of which counts. */
const PAGES = 5

const options = parseStoreOptions(process.argv.slice(2))
const folder = await mkdtemp(join(tmpdir(), 'nsentinel-bench-'))
const asked = options.store === 'sqlite' ? fileStore(folder) : await databaseStore()
const end = () => asked.end().finally(() => rm(folder, { recursive: true, force: true }))
// A server outlives us unless it is told to end.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void end().finally(() => process.exit(1)))
await run(asked).finally(end)

async function run(asked: AskedStore): Promise<void> {
  console.log(`${asked.name} · Linux ${release()} · ${availableParallelism()} CPUs · Node.js ${process.versions.node}`)
  await fill(asked)
  const reference = await measureReference(asked)
  print('a hundred rows, each by its primary key', reference, reference.p50)
  const store = await asked.open()
  let worst = 0
  try {
    for (const { name, read } of listQueries(store, options)) {
      // The first time reads from the disk what no process has read yet: a machine's matter, shown but not judged.
      const [cold = Number.NaN] = await timePages(read)
      const tookMs: number[] = []
      for (let round = 0; round < options.rounds; round += 1) tookMs.push(...(await timePages(read)))
      const latency = latencyOf(tookMs)
      worst = Math.max(worst, latency.p99)
      print(name, latency, reference.p50, `first ${cold.toFixed(1)} ms`)
    }
  } finally {
    await store.close()
  }
  if (worst <= options.assert) return
  console.error(`the slowest query took ${worst.toFixed(1)} ms (p99), more than ${options.assert}`)
  process.exitCode = 1
}

async function fill(asked: AskedStore): Promise<void> {
  const startedAt = performance.now()
  await (await asked.open()).close()
  await asked.fill(options)
  const tookS = (performance.now() - startedAt) / 1000
  const size = (await asked.sizeBytes()) / 2 ** 20
  console.log(
    `${options.events} events, ${options.findings} findings, ${options.nodes} nodes: ${size.toFixed(0)} MiB in ${tookS.toFixed(0)} s\n`,
  )
}

async function timePages(
  read: (cursor?: string) => Promise<{ readonly nextCursor: string | null }>,
): Promise<number[]> {
  const tookMs: number[] = []
  let cursor: string | undefined
  for (let page = 0; page < PAGES; page += 1) {
    await setImmediate()
    const startedAt = performance.now()
    const { nextCursor } = await read(cursor)
    tookMs.push(performance.now() - startedAt)
    if (nextCursor === null) break
    cursor = nextCursor
  }
  return tookMs
}

/** A hundred rows, each by its key, from all over the table: what a page of a list could cost at least. */
async function measureReference(asked: AskedStore): Promise<Latency> {
  const { read, close } = await asked.openReader()
  const tookMs: number[] = []
  for (let round = 0; round < 100; round += 1) {
    const startedAt = performance.now()
    for (let row = 0; row < 100; row += 1) await read(1 + ((round * 7919 + row * 104_729) % options.events))
    tookMs.push(performance.now() - startedAt)
  }
  await close()
  return latencyOf(tookMs)
}

function print(name: string, { p50, p99 }: Pick<Latency, 'p50' | 'p99'>, referenceMs: number, more = ''): void {
  const times = `${(p50 / referenceMs).toFixed(1)} ×`.padStart(8)
  const figures = [`p50 ${p50.toFixed(2).padStart(6)} ms`, `p99 ${p99.toFixed(2).padStart(6)} ms`, times, more]
  console.log([name.padEnd(42), ...figures].join('  ').trimEnd())
}
