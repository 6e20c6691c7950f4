import { execa } from 'execa'
import t, { type Test } from 'tap'
import { MountedReader } from '../../../src/sources/procfs/mounted.ts'
import { Procfs } from '../../../src/sources/procfs/procfs.ts'
import { createFileReader } from '../../../src/sources/procfs/read-file.ts'
import type { TaskId } from '../../../src/sources/source.ts'
import { PATH } from '../../helpers/commands.ts'
import { STAY, start, whyNoNamespaces } from '../../helpers/namespaces.ts'

const reader = { root: '/proc', readFile: createFileReader() }
const skip = whyNoNamespaces()

function taskOf(pid: number): TaskId {
  const found = new Procfs('/proc').read().processes.find(({ leader }) => leader.pid === pid)
  if (found === undefined) throw new Error(`pid ${pid} is not there`)
  return found.leader
}

/** A process with mounts of its own, in which a test mounts. */
async function mounter(t: Test, folder: string) {
  const { pid } = await start(t, 'unshare', '--mount', '--ipc', 'sh', '-c', STAY)
  const run = (...args: readonly string[]) =>
    execa('nsenter', ['--target', String(pid), '--mount', '--', ...args], { env: { PATH } })
  const inodes = new Procfs('/proc').read().processes.find(({ leader }) => leader.pid === pid)?.leader.namespaces
  return {
    task: taskOf(pid),
    inodes,
    mount: (kind: string, of: number, name: string) =>
      run('mount', '--bind', `/proc/${of}/ns/${kind}`, `${folder}/${name}`),
    unmount: (name: string) => run('umount', `${folder}/${name}`),
    pid,
  }
}

t.test('tells which namespace is mounted at a path, the last one where several are', { skip }, async (t) => {
  const folder = t.testdir({ blue: '' })
  const path = `${folder}/blue`
  const { task, mount, inodes, pid } = await mounter(t, folder)
  await mount('ipc', process.pid, 'blue')
  const own = new Procfs('/proc').read().self.ipc

  t.equal(new MountedReader(reader).read(task, 'ipc', path), own)
  t.equal(new MountedReader(reader).read(task, 'net', path), 'missing', 'of that kind')
  t.equal(new MountedReader(reader).read(task, 'ipc', folder), 'missing', 'at that path')
  await mount('ipc', pid, 'blue')
  t.equal(new MountedReader(reader).read(task, 'ipc', path), inodes?.ipc)
})

t.test('looks for a new path at the next look, and for what it knows only once in 30 s', { skip }, async (t) => {
  const folder = t.testdir({ blue: '' })
  const path = `${folder}/blue`
  const { task, mount, unmount } = await mounter(t, folder)
  const time = { now: 0 }
  const mounted = new MountedReader(reader, () => time.now)
  const own = new Procfs('/proc').read().self.ipc
  t.equal(mounted.read(task, 'ipc', path), 'missing')

  await mount('ipc', process.pid, 'blue')
  t.equal(mounted.read(task, 'ipc', path), 'missing', 'within one look nothing is read twice')
  time.now += 300
  t.equal(mounted.read(task, 'ipc', path), own)

  await unmount('blue')
  time.now += 29_000
  t.equal(mounted.read(task, 'ipc', path), own)
  time.now += 1000
  t.equal(mounted.read(task, 'ipc', path), 'missing')
})

t.test('takes /var/run for the link to /run that it is', { skip }, async (t) => {
  const { task } = await mounter(t, '/')
  const run = (script: string) =>
    execa('nsenter', ['--target', String(task.pid), '--mount', '--', 'sh', '-c', script], { env: { PATH } })
  await run('mount -t tmpfs none /run && touch /run/blue && mount --bind /proc/self/ns/net /run/blue')

  t.equal(new MountedReader(reader).read(task, 'net', '/var/run/blue'), new Procfs('/proc').read().self.net)
})

t.test('says why it could not read', (t) => {
  const gone = { pid: 999_999_999, tid: 999_999_999, startTime: 1 }

  t.equal(new MountedReader(reader).read(gone, 'net', '/run/netns/blue'), 'gone')
  t.equal(new MountedReader(reader).read({ ...taskOf(process.pid), startTime: 1 }, 'net', '/x'), 'gone')
  t.end()
})
