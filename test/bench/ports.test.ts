import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { Procfs } from '../../src/sources/procfs/procfs.ts'
import { isInstalled } from '../helpers/commands.ts'
import { whyNoListening } from '../helpers/listening.ts'
import { until } from '../helpers/until.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const missing = ['ss', 'lsns'].filter((command) => !isInstalled(command))
const skip = whyNoListening() || (missing.length > 0 && `not installed: ${missing.join(', ')}`)

function startBench(t: Test, ...args: readonly string[]) {
  const all = ['--net', process.execPath, 'bench/ports.ts', '--listeners', '40', '--rounds', '1', ...args]
  const bench = spawn('unshare', all, { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => bench.kill('SIGKILL'))
  return bench
}

t.test('compares reading listeners with ss, and says what idle namespaces add', { skip }, async (t) => {
  const bench = startBench(t, '--connections', '200', '--namespaces', '5')
  const [output, [exitCode]] = await Promise.all([text(bench.stdout), once(bench, 'close')])

  t.equal(exitCode, 0)
  t.match(output, /^Linux \S+ · \d+ CPUs · Node\.js 24\.\S+ · lsns .* · ss utility/)
  t.match(output, /^40 listeners and 200 established connections \(\d+ processes with \d+ threads/m)
  t.match(output, /^ {2}listeners, first look +\d+\.\d{3} × ss -lntH +\d+\.\d ms$/m)
  t.match(output, /^ {2}listeners with owners, first look +\d+\.\d{3} × ss -lntupH +\d+\.\d ms$/m)
  t.match(output, /^ {2}listeners with owners, later looks +\d+\.\d{3} × ss -lntupH +\d+\.\d ms$/m)
  t.match(output, /^5 idle net namespaces add -?\d+\.\d ms to a steady scan of \d+\.\d ms$/m)
})

t.test('fails when a figure is above its bound', { skip }, async (t) => {
  const bench = startBench(t, '--connections', '0', '--namespaces', '0', '--assert', '0.000001')
  bench.stdout.resume()
  const [exitCode] = await once(bench, 'close')

  t.equal(exitCode, 1)
})

t.test('leaves no process behind when it is killed', { skip }, async (t) => {
  const bench = startBench(t, '--connections', '0', '--rounds', '1000')
  const tasks = new Procfs('/proc')
  await once(bench.stdout.setEncoding('utf8'), 'data')
  const load = await until(() => {
    const { processes } = tasks.read()
    const below = processes.map(({ leader }) => leader).filter(({ ppid }) => ppid === bench.pid)
    return below.length < 4 ? undefined : below
  })

  bench.kill('SIGKILL')
  await once(bench, 'exit')

  await until(() => (load.every((task) => tasks.reread(task) === null) ? true : undefined))
})
