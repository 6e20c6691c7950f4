import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { availableParallelism, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MOVED_TABLES } from '../src/store/move/moved-tables.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { startPostgres } from '../test/helpers/postgres.ts'
import { residentBytesOf } from './fleet/processes.ts'
import { fillSqlite } from './store/fill-sqlite.ts'

const USAGE = `Usage: npm run bench:migrate -- [options]

Moves a store from its file into a PostgreSQL of its own (Debian's, as root) by \`nsentinel collector migrate\`, beside reading
every row of the file once.

  --events N     events of history (1000000)
  --findings N   findings (100000)
  --nodes N      nodes that they are on (1000)
`
const WATCH_MS = 200

const { events, findings, nodes } = parseSizes(process.argv.slice(2))
const folder = await mkdtemp(join(tmpdir(), 'nsentinel-bench-'))
const server = await startPostgres()
const end = () => server.stop().finally(() => rm(folder, { recursive: true, force: true }))
// A server outlives us unless it is told to end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void end().finally(() => process.exit(1)))
}
await run(join(folder, 'store.sqlite')).finally(end)

function parseSizes(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      events: { type: 'string', default: '1000000' },
      findings: { type: 'string', default: '100000' },
      nodes: { type: 'string', default: '1000' },
    },
  })
  const sizes = { events: Number(values.events), findings: Number(values.findings), nodes: Number(values.nodes) }
  if (Object.values(sizes).some((size) => !Number.isInteger(size) || size < 1)) throw new TypeError(USAGE)
  return sizes
}

async function run(path: string): Promise<void> {
  console.log(`Linux ${release()} · ${availableParallelism()} CPUs · Node.js ${process.versions.node}`)
  await (await openSqliteStore({ path, now: Date.now })).close()
  fillSqlite(path, { store: 'sqlite', events, findings, nodes, rounds: 1, assert: Number.POSITIVE_INFINITY })
  const size = ((await stat(path)).size / 2 ** 20).toFixed(0)
  console.log(`${events} events, ${findings} findings, ${nodes} nodes: ${size} MiB\n`)
  const { rows, tookMs: referenceMs } = readOnce(path)
  console.log(`every row read once         ${rows} rows in ${seconds(referenceMs)}`)
  const { tookMs, resident } = await migrate(path)
  const perSecond = Math.round((1000 * rows) / tookMs)
  console.log(
    `moved, and read back        ${seconds(tookMs)}, ${(tookMs / referenceMs).toFixed(1)} ×: ${perSecond} rows a second`,
  )
  const half = resident[Math.floor(resident.length / 2)] ?? Number.NaN
  console.log(`memory, half way and most   ${mebibytes(half)} / ${mebibytes(Math.max(...resident))}`)
}

/** Reads all that moves: the least that a move could do. */
function readOnce(path: string): { readonly rows: number; readonly tookMs: number } {
  const startedAt = performance.now()
  const database = new DatabaseSync(path, { readOnly: true })
  let rows = 0
  for (const { name } of MOVED_TABLES) for (const _ of database.prepare(`select * from ${name}`).iterate()) rows += 1
  database.close()
  return { rows, tookMs: performance.now() - startedAt }
}

async function migrate(path: string): Promise<{ readonly tookMs: number; readonly resident: readonly number[] }> {
  const address = join(folder, 'database-url')
  await writeFile(address, await server.createDatabase(), { mode: 0o600 })
  const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
  const args = [main, 'collector', 'migrate', '--store', path, '--database-url-file', address]
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  const resident: number[] = []
  while (child.exitCode === null && child.signalCode === null) {
    const bytes = residentBytesOf(child.pid ?? 0)
    // A process that has ended holds nothing, and is there until we are told.
    if (bytes > 0) resident.push(bytes)
    await Promise.race([exited, pause(WATCH_MS)])
  }
  if (child.exitCode !== 0) throw new Error(`the move ended with ${child.signalCode ?? child.exitCode}`)
  return { tookMs: performance.now() - startedAt, resident }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`
}
