import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

t.setTimeout(240_000)

t.test('drives a real collector by simulated agents, kills it, and finds every event once', async (t) => {
  const args = [
    'bench/fleet.ts',
    '--agents',
    '20',
    '--batch',
    '24',
    '--in-flight',
    '4',
    '--seconds',
    '1',
    '--idle',
    '0',
  ]
  const bench = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => bench.kill('SIGKILL'))
  const [output, [exitCode]] = await Promise.all([text(bench.stdout), once(bench, 'close')])

  t.equal(exitCode, 0)
  t.match(output, /^plain ws \+ node:sqlite +\d+ events a second, \d+ a CPU second$/m)
  t.match(output, /^agents connected +20 in \d+\.\d s$/m)
  t.match(output, /^memory an idle agent +-?\d+\.\d KiB$/m)
  t.match(output, /^events stored a second +\d+ \(\d+\.\d\d × the plain loop's\)$/m)
  t.match(output, /^ {2}ack, p50 \/ p99 \/ most +[\d.]+ ms \/ [\d.]+ ms \/ [\d.]+ ms$/m)
  t.match(output, /^ {2}finding to dashboard +[\d.]+ ms \/ [\d.]+ ms \/ [\d.]+ ms \(\d+ findings\)$/m)
  t.match(output, /^all back after a kill -9 +\d+\.\d s, 0 of them with their whole state$/m)
  t.match(output, /^events lost or doubled +none of [1-9]\d*$/m)
})
