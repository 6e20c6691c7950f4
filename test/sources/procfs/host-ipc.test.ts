import { readFileSync } from 'node:fs'
import { execa } from 'execa'
import t, { type Test } from 'tap'
import { HostIpcReader } from '../../../src/sources/procfs/host-ipc.ts'
import { createFileReader } from '../../../src/sources/procfs/read-file.ts'
import { readWhole } from '../../../src/sources/procfs/read-whole.ts'
import { parseStat } from '../../../src/sources/procfs/stat.ts'
import type { TaskId } from '../../../src/sources/source.ts'
import { BUSYBOX_BINARY } from '../../helpers/busybox.ts'
import { isInstalled } from '../../helpers/commands.ts'
import { STAY, start, whyNoNamespaces } from '../../helpers/namespaces.ts'

const skip = whyNoNamespaces() || (!isInstalled(BUSYBOX_BINARY) && 'not installed: busybox-static')

const reader = { root: '/proc', readFile: createFileReader() }

function taskOf(pid: number): TaskId {
  return { pid, tid: pid, startTime: parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).startTime }
}

/** Starts a "host" with a /dev of its own: message queues are not mounted on every machine that tests run on. */
async function host(t: Test): Promise<TaskId> {
  const dev = 'mount -t tmpfs t /dev && mkdir /dev/shm /dev/mqueue'
  const mounts = `${dev} && mount -t tmpfs t /dev/shm && mount -t mqueue q /dev/mqueue`
  return taskOf((await start(t, 'unshare', '--mount', 'sh', '-c', `${mounts} && ${STAY}`)).pid)
}

/** Starts a process that has a root of its own and, before it goes there, has run these words in it. */
async function rooted(t: Test, from: TaskId, words: string, ...flags: readonly string[]): Promise<TaskId> {
  const layOut = `mount -t tmpfs t /tmp && cd /tmp && mkdir bin shm queues later && cp ${BUSYBOX_BINARY} bin/`
  const enter = ['--target', String(from.pid), '--mount', 'unshare', '--mount', ...flags, 'sh', '-c']
  const run = `${layOut} && ${words} && exec chroot . /bin/busybox sh -c '${STAY}'`
  return taskOf((await start(t, 'nsenter', ...enter, run)).pid)
}

t.test('tells what a process has mounted of the host’s, whatever the path', { skip }, async (t) => {
  const node = await host(t)
  const [bound, readOnly, own] = await Promise.all([
    rooted(t, node, 'mount --bind /dev/shm shm'),
    rooted(t, node, 'mount --bind /dev/shm shm && mount -o remount,bind,ro shm'),
    rooted(t, node, 'mount -t tmpfs t shm'),
  ])
  const hostIpc = new HostIpcReader(reader)

  t.match(hostIpc.read(bound, node), { shm: { mounted: 'host', mountPoints: ['/shm'], total: 1, writable: true } })
  t.match(hostIpc.read(readOnly, node), { shm: { mounted: 'host', writable: false } })
  t.match(hostIpc.read(own, node), { shm: { mounted: 'none' }, mqueue: { mounted: 'none' } })
})

t.test('knows the host’s message queues from those of another ipc namespace', { skip }, async (t) => {
  const node = await host(t)
  const mounting = 'mount -t mqueue q queues'
  const [bound, made, other] = await Promise.all([
    rooted(t, node, 'mount --bind /dev/mqueue queues', '--ipc'),
    rooted(t, node, mounting),
    rooted(t, node, mounting, '--ipc'),
  ])
  const hostIpc = new HostIpcReader(reader)

  t.match(hostIpc.read(bound, node), { mqueue: { mounted: 'host', mountPoints: ['/queues'] } })
  t.match(hostIpc.read(made, node), { mqueue: { mounted: 'host' } }, 'mounted anew, in the host’s ipc namespace')
  t.match(hostIpc.read(other, node), { mqueue: { mounted: 'none' } })
})

t.test('tells nothing of a process whose root is the host’s, and asks again', { skip }, async (t) => {
  const node = await host(t)
  const { pid } = await start(t, 'nsenter', '--target', String(node.pid), '--mount', 'unshare', '-m', 'sh', '-c', STAY)

  t.equal(new HostIpcReader(reader).read(taskOf(pid), node), null)
})

t.test('tells nothing of a process that has ended, or of another one that has its number', { skip }, async (t) => {
  const node = await host(t)
  const { pid, end } = await start(t, 'sh', '-c', STAY)
  const task = taskOf(pid)
  const hostIpc = new HostIpcReader(reader)

  t.equal(hostIpc.read({ ...task, startTime: task.startTime + 1 }, node), null)
  await end()
  t.equal(hostIpc.read(task, node), null)
})

t.test('finds what is mounted later within a minute, and not at every look', { skip }, async (t) => {
  const node = await host(t)
  const task = await rooted(t, node, 'mount -t tmpfs t shm')
  let now = 0
  const hostIpc = new HostIpcReader(reader, () => now)
  t.match(hostIpc.read(task, node), { shm: { mounted: 'none' } })
  const mounting = ['mount', '--bind', '/dev/shm', '/tmp/later']
  await execa('nsenter', ['--target', String(task.pid), '--mount', ...mounting])

  now = 59_999
  t.match(hostIpc.read(task, node), { shm: { mounted: 'none' } })
  now = 60_000
  t.match(hostIpc.read(task, node), { shm: { mounted: 'host', mountPoints: ['/later'] } })
})

t.test('reads a long file whole, and no more than it may', (t) => {
  const path = `${t.testdir({ long: 'x'.repeat(200_000) })}/long`

  t.equal(readWhole(path, 200_000).length, 200_000)
  t.throws(() => readWhole(path, 199_999), { code: 'E2BIG' })
  t.throws(() => readWhole(`${path}er`, 1), { code: 'ENOENT' })
  t.end()
})

t.test('says why mounts cannot be read, and does not try again at once', { skip }, async (t) => {
  const node = await host(t)
  const line = 'd'.repeat(200)
  const task = await rooted(t, node, 'mount -t tmpfs t shm')
  const nested = Array(8).fill(line).join('/')
  const laden = [
    `cd /tmp && mkdir -p ${nested} && n=0`,
    `while [ $n -lt 700 ]; do mount --bind ${nested} ${nested} && n=$((n+1)) || exit 1; done`,
  ]
  await execa('nsenter', ['--target', String(task.pid), '--mount', 'busybox', 'sh', '-c', laden.join('; ')])
  const hostIpc = new HostIpcReader(reader)

  t.equal(hostIpc.read(task, node), 'too-large')
  t.equal(hostIpc.read(task, node), 'too-large')
})
