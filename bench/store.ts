import { mkdtemp, rm, stat } from 'node:fs/promises'
import { availableParallelism, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { type Latency, latencyOf } from './fleet/commands.ts'
import { fillStore } from './store/fill.ts'
import { parseStoreOptions } from './store/options.ts'
import { listQueries } from './store/queries.ts'

/** How many pages a query reads on from its first, each of which counts. */
const PAGES = 5

const options = parseStoreOptions(process.argv.slice(2))
const folder = await mkdtemp(join(tmpdir(), 'nsentinel-bench-'))
try {
  await run(join(folder, 'store.sqlite'))
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function run(path: string): Promise<void> {
  console.log(`Linux ${release()} · ${availableParallelism()} CPUs · Node.js ${process.versions.node}`)
  const startedAt = performance.now()
  await (await openSqliteStore({ path, now: Date.now })).close()
  fillStore(path, options)
  const size = (await stat(path)).size / 2 ** 20
  const tookS = (performance.now() - startedAt) / 1000
  console.log(
    `${options.events} events, ${options.findings} findings, ${options.nodes} nodes: ${size.toFixed(0)} MiB in ${tookS.toFixed(0)} s\n`,
  )
  const referenceMs = measureReference(path)
  print('a hundred rows, each by its primary key', referenceMs, referenceMs.p50)
  const store = await openSqliteStore({ path, now: Date.now })
  let worst = 0
  try {
    for (const { name, read } of listQueries(store, options)) {
      // The first time reads from the disk what no process has read yet: a machine's matter, shown but not judged.
      const [cold = Number.NaN] = await timePages(read)
      const tookMs: number[] = []
      for (let round = 0; round < options.rounds; round += 1) tookMs.push(...(await timePages(read)))
      const latency = latencyOf(tookMs)
      worst = Math.max(worst, latency.p99)
      print(name, latency, referenceMs.p50, `first ${cold.toFixed(1)} ms`)
    }
  } finally {
    await store.close()
  }
  if (worst <= options.assert) return
  console.error(`the slowest query took ${worst.toFixed(1)} ms (p99), more than ${options.assert}`)
  process.exitCode = 1
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
function measureReference(path: string) {
  const database = new DatabaseSync(path, { readOnly: true })
  const statement = database.prepare('select * from events where id = ?')
  const tookMs: number[] = []
  for (let round = 0; round < 100; round += 1) {
    const startedAt = performance.now()
    for (let row = 0; row < 100; row += 1) statement.get(1 + ((round * 7919 + row * 104_729) % options.events))
    tookMs.push(performance.now() - startedAt)
  }
  database.close()
  return latencyOf(tookMs)
}

function print(name: string, { p50, p99 }: Pick<Latency, 'p50' | 'p99'>, referenceMs: number, more = ''): void {
  const times = `${(p50 / referenceMs).toFixed(1)} ×`.padStart(8)
  const figures = [`p50 ${p50.toFixed(2).padStart(6)} ms`, `p99 ${p99.toFixed(2).padStart(6)} ms`, times, more]
  console.log([name.padEnd(42), ...figures].join('  ').trimEnd())
}
