import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { Task } from '../../src/model/task.ts'
import { Procfs } from '../../src/sources/procfs/procfs.ts'
import { answersPing } from '../helpers/docker-command.ts'
import { whyNoDockerd } from '../helpers/dockerd.ts'
import { until } from '../helpers/until.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = ['--expose-gc', 'soak/main.ts']
const STARTS = 30

const tasks = new Procfs('/proc')

t.setTimeout(240_000)

t.test('says nothing false of containers that come and go, and leaks nothing', { skip: whyNoDockerd() }, async (t) => {
  const { output, exitCode } = await runSoak(t, 'container-churn', '--count', String(STARTS))

  t.comment(output)
  t.match(output, /^ {4}SEED=\d+ npm run soak -- container-churn --count 30$/m)
  t.match(output, new RegExp(`^\\| container starts \\| ${STARTS} \\|$`, 'm'))
  t.match(output, /^Faults: none\.$/m)
  t.equal(exitCode, 0)
})

t.test('ends its dockerd and containers when it is told to end', { skip: whyNoDockerd() }, async (t) => {
  const child = startSoak(t, 'container-churn')
  child.stdout.resume()
  const { socketPath, cgroup: parent } = await until(() => dockerdOptionsBelow(child.pid ?? 0))
  await until(async () => (await answersPing(socketPath)) || undefined)
  const containers = await until(() => {
    const found = listLeaders().filter(({ cgroup }) => cgroup.includes(`${parent}/`))
    return found.length > 0 ? found : undefined
  })

  child.kill('SIGTERM')
  const [exitCode] = await once(child, 'close')

  t.equal(exitCode, 1)
  t.strictSame(
    containers.filter((task) => tasks.reread(task) !== null),
    [],
  )
})

t.test('lists what can be soaked when it is given no name, or one that is none', async (t) => {
  const [none, wrong] = await Promise.all([runSoak(t), runSoak(t, 'nothing')])

  for (const { output } of [none, wrong]) t.match(output, /^ {2}container-churn {2}\S.* \(1000\)$/m)
  t.strictSame([none.exitCode, wrong.exitCode], [0, 2])
})

async function runSoak(t: Test, ...args: readonly string[]) {
  const child = startSoak(t, ...args)
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { output, exitCode }
}

function startSoak(t: Test, ...args: readonly string[]) {
  const child = spawn(process.execPath, [...MAIN, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => child.kill('SIGTERM'))
  return child
}

/** What the dockerd was started with by this process, once it is. */
function dockerdOptionsBelow(pid: number) {
  const dockerd = listLeaders().find(({ ppid, comm }) => ppid === pid && comm === 'dockerd')
  if (dockerd === undefined) return undefined
  const given = readFileSync(`/proc/${dockerd.pid}/cmdline`, 'utf8').split('\0')
  const read = (option: string) => given[given.indexOf(option) + 1] ?? ''
  return { socketPath: read('--host').replace('unix://', ''), cgroup: read('--cgroup-parent') }
}

function listLeaders(): Task[] {
  // A reader of its own each time: one that remembers may know a process by what it was before its execve(2).
  return new Procfs('/proc').read().processes.map(({ leader }) => leader)
}
