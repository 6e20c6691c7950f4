import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readlinkSync } from 'node:fs'
import t from 'tap'
import type { Task } from '../../../src/model/task.ts'
import { Procfs } from '../../../src/sources/procfs/procfs.ts'
import { STAY, start } from '../../helpers/namespaces.ts'
import { until } from '../../helpers/until.ts'

function taskOf(pid: number, procfs: Procfs): Task {
  const found = procfs.read().processes.find(({ leader }) => leader.pid === pid)
  if (found === undefined) throw new Error(`pid ${pid} is not there`)
  return found.leader
}

t.test('tells who started a task, above it and up to the eighth', async (t) => {
  const procfs = new Procfs('/proc')
  const { line } = await start(t, 'sh', '-c', 'sleep 60 & echo $!; read forever')
  const child = Number(line)
  t.teardown(() => process.kill(child, 'SIGKILL'))
  const task = taskOf(child, procfs)

  const origin = procfs.details.readOrigin(task)

  t.equal(origin?.exe, readlinkSync(`/proc/${task.pid}/exe`))
  t.match(origin?.parents.slice(0, 2), [{ comm: 'sh' }, { pid: process.pid, exe: process.execPath }])
  t.ok((origin?.parents.length ?? 0) <= 8)
  t.ok(readFileSync(`/proc/${task.pid}/cgroup`, 'utf8').includes(origin?.cgroup ?? '?'))
})

t.test('tells who logged in, where somebody did', (t) => {
  const procfs = new Procfs('/proc')
  const [login, session] = ['loginuid', 'sessionid'].map((name) => Number(readFileSync(`/proc/self/${name}`, 'utf8')))

  const { loginUid, sessionId } = procfs.details.readOrigin(taskOf(process.pid, procfs)) ?? {}

  t.equal(loginUid, login === 0xffffffff ? null : login)
  t.equal(sessionId, session === 0xffffffff ? null : session)
  t.end()
})

t.test('goes on telling of parents that have ended', async (t) => {
  const procfs = new Procfs('/proc')
  const parent = await start(t, 'sh', '-c', 'sleep 60 & echo $!; read forever')
  const child = Number(parent.line)
  t.teardown(() => process.kill(child, 'SIGKILL'))
  const task = taskOf(child, procfs)
  const before = procfs.details.readOrigin(task)

  await parent.end()
  await until(() => (ppidOf(child) === parent.pid ? undefined : true))

  t.strictSame(procfs.details.readOrigin(task), before)
  t.not(new Procfs('/proc').details.readOrigin(task)?.parents[0]?.pid, parent.pid, 'whom nobody else could tell')
  t.equal(taskOf(child, procfs).ppid, ppidOf(child), 'while a look tells of its new parent')
})

t.test('tells nothing of a task that ended, and nothing of another one with its number', async (t) => {
  const procfs = new Procfs('/proc')
  const { pid, end } = await start(t, 'sh', '-c', STAY)
  const task = taskOf(pid, procfs)

  t.equal(procfs.details.readOrigin({ ...task, startTime: task.startTime + 1 }), null)
  await end()
  t.equal(procfs.details.readOrigin(task), null)
})

t.test('tells the program and not its arguments', async (t) => {
  const procfs = new Procfs('/proc')
  const child = spawn('sleep', ['60.0625'], { argv0: 'x', stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'spawn')

  const origin = procfs.details.readOrigin(taskOf(child.pid ?? 0, procfs))

  t.notMatch(JSON.stringify(origin), '60.0625', 'no arguments: they may hold secrets')
})

function ppidOf(pid: number): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
