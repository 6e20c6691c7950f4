import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Process } from '../../../src/model/task.ts'
import { Procfs } from '../../../src/sources/procfs/procfs.ts'
import { compileTasks, start, whyNoCompiler } from '../../helpers/namespaces.ts'
import { until } from '../../helpers/until.ts'

const skip = whyNoCompiler()
const tasks = skip ? '' : await compileTasks(t.testdir({}))

function processWith(pid: number, procfs = new Procfs('/proc')): Process | undefined {
  return procfs.read().processes.find(({ leader }) => leader.pid === pid)
}

function isZombie(pid: number): boolean {
  return readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8').includes(') Z ')
}

t.test('tells a thread that unshared its net namespace alone from the threads that did not', { skip }, async (t) => {
  const { pid, line } = await start(t, tasks, 'odd')

  const found = processWith(pid)

  t.equal(found?.threads, 3)
  t.match(found?.oddThreads, [{ pid, tid: Number(line), comm: 'unshared' }])
  t.equal(found?.oddThreads.length, 1)
  t.not(found?.oddThreads[0]?.namespaces.net, found?.leader.namespaces.net)
  t.equal(found?.oddThreads[0]?.namespaces.ipc, found?.leader.namespaces.ipc)
})

t.test('reads one thread again by its own number and start time', { skip }, async (t) => {
  const procfs = new Procfs('/proc')
  const { pid } = await start(t, tasks, 'odd')
  const odd = processWith(pid, procfs)?.oddThreads[0]

  t.strictSame(odd && procfs.reread(odd), odd)
  t.equal(odd && procfs.reread({ ...odd, startTime: odd.startTime + 1 }), null)
  t.equal(odd && procfs.reread({ ...odd, tid: odd.tid + 100_000 }), null, 'a thread that ended')
})

t.test('lets the first living thread stand in for a main thread that has ended', { skip }, async (t) => {
  const { pid, line } = await start(t, tasks, 'headless')

  const found = processWith(pid)

  t.match(found?.leader, { pid, comm: 'idle', ppid: process.pid })
  t.not(found?.leader.tid, pid)
  t.strictSame(found?.leader.namespaces, new Procfs('/proc').read().self)
  t.match(found?.oddThreads, [{ pid, tid: Number(line) }], 'and misses none of the others')
})

t.test('reads a stand-in again, and what it may do', { skip }, async (t) => {
  const procfs = new Procfs('/proc')
  const { pid } = await start(t, tasks, 'headless')
  const leader = processWith(pid, procfs)?.leader

  t.strictSame(leader && procfs.reread(leader), leader)
  t.match(leader && procfs.readRights(leader), { privileges: { uid: 0 }, rootMapsTo: 0 })
})

t.test('finds the stand-in also where the main thread was there at the last read', { skip }, async (t) => {
  const procfs = new Procfs('/proc')
  const { pid } = await start(t, tasks, 'ending')

  t.equal(processWith(pid, procfs)?.leader.tid, pid)
  process.kill(pid, 'SIGUSR1')
  await until(() => (isZombie(pid) ? true : undefined))

  t.match(processWith(pid, procfs)?.leader, { pid, comm: 'idle' })
})

t.test('skips a zombie: it has no namespaces any more', { skip }, async (t) => {
  const { line } = await start(t, tasks, 'zombie')
  const procfs = new Procfs('/proc')

  t.equal(processWith(Number(line), procfs), undefined)
  t.equal(procfs.readProcess(Number(line)), null)
  t.notOk(
    procfs.read().gaps.some(({ detail }) => detail?.includes(line)),
    'nor is that a gap',
  )
})

t.test('does not take a process for the one that had its number before', { skip }, async (t) => {
  const procfs = new Procfs('/proc')
  const first = await start(t, tasks, 'odd')
  const before = processWith(first.pid, procfs)?.leader
  await first.end()

  const { line } = await start(t, tasks, 'as', String(first.pid))

  t.equal(line, String(first.pid), 'the number is used again')
  t.equal(before && procfs.reread(before), null)
  t.strictSame(before && procfs.readRights(before), { privileges: null, rootMapsTo: null })
  t.equal(processWith(first.pid, procfs)?.threads, 1, 'and the next report tells of the new one')
  t.not(processWith(first.pid, procfs)?.leader.startTime, before?.startTime)
})
