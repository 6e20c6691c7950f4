import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { whyNoPostgres } from '../helpers/postgres.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SMALL = ['--events', '20000', '--findings', '5000', '--nodes', '20', '--rounds', '1']

t.setTimeout(120_000)

t.test('fills a store, asks every question of the API and leaves nothing behind', async (t) => {
  const temporary = t.testdir({})
  const { output, exitCode } = await bench(t, SMALL, temporary)

  t.equal(exitCode, 0)
  t.match(output, /^SQLite · Linux/)
  matchFigures(t, output)
  t.strictSame(readdirSync(temporary), [])
})

t.test('does so on a PostgreSQL of its own', { skip: whyNoPostgres() }, async (t) => {
  // PostgreSQL's user must get there, and a socket's path is short.
  const temporary = await mkdtemp(join(tmpdir(), 'ns-'))
  t.teardown(() => rm(temporary, { recursive: true, force: true }))
  await chmod(temporary, 0o755)
  const { output, exitCode } = await bench(t, [...SMALL, '--store', 'postgres'], temporary)

  t.equal(exitCode, 0)
  t.match(output, /^PostgreSQL · Linux/)
  matchFigures(t, output)
  t.strictSame(readdirSync(temporary), [])
})

t.test('fails when a question takes longer than asked for', async (t) => {
  const { exitCode } = await bench(t, [...SMALL, '--assert', '0.0001'], t.testdir({}))

  t.equal(exitCode, 1)
})

function matchFigures(t: Test, output: string): void {
  t.match(output, /^20000 events, 5000 findings, 20 nodes: \d+ MiB in \d+ s$/m)
  t.match(output, /^a hundred rows, each by its primary key +p50 +[\d.]+ ms +p99 +[\d.]+ ms +1\.0 ×$/m)
  for (const name of ['findings with a rare text', 'events of a finding', 'containers of a pod', 'ports of a number']) {
    t.match(output, new RegExp(`^${name} +p50 +[\\d.]+ ms +p99 +[\\d.]+ ms +[\\d.]+ × +first [\\d.]+ ms$`, 'm'))
  }
}

async function bench(t: Test, args: readonly string[], temporary: string) {
  const env = { ...process.env, TMPDIR: temporary }
  const child = spawn(process.execPath, ['bench/store.ts', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { output, exitCode }
}
