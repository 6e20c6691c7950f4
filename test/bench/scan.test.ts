import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { Task } from '../../src/model/task.ts'
import { Procfs } from '../../src/sources/procfs/procfs.ts'
import { isInstalled } from '../helpers/commands.ts'
import { until } from '../helpers/containerd-until.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SLEEPERS = 50

const skip = isInstalled('lsns') ? false : 'lsns(8) is not installed'

t.test('compares a scan with lsns under a load of sleeping processes and threads', { skip }, async (t) => {
  const bench = startBench(t, '--processes', String(SLEEPERS), '--threads', '100', '--rounds', '1')
  const [output, [exitCode]] = await Promise.all([text(bench.stdout), once(bench, 'close')])

  t.equal(exitCode, 0)
  t.match(output, /^Linux \S+ · \d+ CPUs · Node\.js 24\.\S+ · lsns /)
  t.match(output, new RegExp(`^${SLEEPERS} sleeping processes \\(the machine: \\d+ processes with \\d+ threads`, 'm'))
  t.match(output, /^ {2}read and judge, in a started process +\d+\.\d{3} × lsns -J +\d+\.\d ms$/m)
  t.match(output, /^ {2}lsns -J, whole command +1\.000 × lsns -J +\d+\.\d ms$/m)
  t.match(output, /^ {2}nsentinel scan --output json, whole command +\d+\.\d{3} × lsns -J +\d+\.\d ms$/m)
  t.match(output, /^A thread costs -?\d+\.\d\d × a process of one thread\.$/m)
})

t.test('fails when the ratio is above the one asked for', { skip }, async (t) => {
  const bench = startBench(t, '--processes', '0', '--threads', '0', '--rounds', '1', '--assert', '0.000001')
  bench.stdout.resume()
  const [exitCode] = await once(bench, 'close')

  t.equal(exitCode, 1)
})

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  t.test(`leaves no process behind when it ends by ${signal}`, { skip }, async (t) => {
    const bench = startBench(t, '--processes', String(SLEEPERS), '--threads', '0', '--rounds', '10000')
    await printed(bench, `${SLEEPERS} sleeping processes`)
    const tasks = new Procfs('/proc')
    const load = descendantsOf(bench.pid ?? 0, tasks)

    t.ok(load.length > SLEEPERS)
    bench.kill(signal)
    await once(bench, 'exit')

    await until(() => load.every((task) => tasks.reread(task) === null))
  })
}

type Bench = ChildProcessByStdio<null, Readable, null>

function startBench(t: Test, ...args: readonly string[]): Bench {
  const bench = spawn(process.execPath, ['bench/scan.ts', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => bench.kill('SIGKILL'))
  return bench
}

async function printed(bench: Bench, expected: string): Promise<void> {
  let output = ''
  for await (const chunk of bench.stdout.setEncoding('utf8')) {
    output += chunk
    if (output.includes(expected)) return
  }
  throw new Error(`the bench ended without printing ${expected}: ${output}`)
}

function descendantsOf(ancestor: number, tasks: Procfs): Task[] {
  const children = Map.groupBy(
    tasks.read().processes.map(({ leader }) => leader),
    ({ ppid }) => ppid,
  )
  const below = (pid: number): Task[] => (children.get(pid) ?? []).flatMap((task) => [task, ...below(task.pid)])
  return below(ancestor)
}
