import { randomBytes } from 'node:crypto'
import { mkdtempSync, readlinkSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import t from 'tap'
import { NAMESPACE_KINDS, type NamespaceKind } from '../../../src/model/namespace.ts'
import type { Process } from '../../../src/model/task.ts'
import { Procfs } from '../../../src/sources/procfs/procfs.ts'
import { isInstalled } from '../../helpers/commands.ts'
import { STAY, start, unshared, whyNoNamespaces } from '../../helpers/namespaces.ts'

const skip = whyNoNamespaces()
const whyNoIp = !isInstalled('ip') && 'not installed: ip'

const FLAGS: Readonly<Record<NamespaceKind, readonly string[]>> = {
  net: ['--net'],
  pid: ['--pid'],
  ipc: ['--ipc'],
  mnt: ['--mount'],
  uts: ['--uts'],
  user: ['--user', '--map-root-user'],
  cgroup: ['--cgroup'],
  time: ['--time'],
}

function processWith(pid: number, procfs = new Procfs('/proc')): Process | undefined {
  return procfs.read().processes.find(({ leader }) => leader.pid === pid)
}

for (const kind of NAMESPACE_KINDS) {
  t.test(`sees a process that has a ${kind} namespace of its own, and nothing else of its own`, { skip }, async (t) => {
    const { pid } = await unshared(t, ...FLAGS[kind])

    const { processes, self } = new Procfs('/proc').read()
    const namespaces = processes.find(({ leader }) => leader.pid === pid)?.leader.namespaces

    t.equal(namespaces?.[kind], inodeOf(pid, kind))
    t.strictSame(
      NAMESPACE_KINDS.filter((other) => namespaces?.[other] !== self[other]),
      [kind],
    )
  })
}

t.test('tells of itself what its own links tell', (t) => {
  const { processes, self } = new Procfs('/proc').read()

  const own = processes.find(({ leader }) => leader.pid === process.pid)

  t.strictSame(own?.leader.namespaces, self)
  t.equal(own?.leader.ppid, process.ppid)
  t.ok((own?.threads ?? 0) > 1, 'Node has threads')
  t.strictSame(own?.oddThreads, [], 'all of them where it is itself')
  t.equal(own?.kernelThread, false)
  t.end()
})

t.test('gives the comm of a process as it chose it', { skip }, async (t) => {
  const comm = 'a) R 1 (\n\x1b[31m'
  const { pid } = await start(t, 'sh', '-c', `printf '%s' "$0" > /proc/$$/comm; ${STAY}`, comm)

  t.equal(processWith(pid)?.leader.comm, comm)
})

t.test('remembers between reads only what cannot change', { skip }, async (t) => {
  const procfs = new Procfs('/proc')
  const before = await start(t, 'sh', '-c', STAY)
  const first = processWith(before.pid, procfs)
  const moved = await unshared(t, '--net')
  const again = procfs.read().processes

  t.strictSame(
    again.find(({ leader }) => leader.pid === before.pid),
    first,
  )
  t.equal(again.find(({ leader }) => leader.pid === moved.pid)?.leader.namespaces.net, inodeOf(moved.pid, 'net'))
  await before.end()
  t.equal(processWith(before.pid, procfs), undefined, 'and forgets who has ended')
})

t.test('reads a process that the last report does not have', { skip }, async (t) => {
  const procfs = new Procfs('/proc')
  procfs.read()
  const late = await unshared(t, '--net')

  t.strictSame(procfs.readProcess(late.pid), processWith(late.pid))

  await late.end()
  t.equal(procfs.readProcess(late.pid), null)
})

t.test('reads what a task may do, and what its root is outside', { skip }, async (t) => {
  const procfs = new Procfs('/proc')
  const plain = await start(t, 'setpriv', '--reuid=1234', '--clear-groups', '--no-new-privs', 'sh', '-c', STAY)
  const remapped = await unshared(t, '--user')
  writeFileSync(`/proc/${remapped.pid}/uid_map`, '0 70000 1')

  const [one, other] = [plain, remapped].map(({ pid }) => procfs.readProcess(pid)?.leader)

  t.match(one && procfs.readRights(one), {
    privileges: { uid: 1234, effectiveCapabilities: '0000000000000000', seccomp: 'disabled', noNewPrivs: true },
    rootMapsTo: 0,
  })
  t.equal(other && procfs.readRights(other).rootMapsTo, 70000)
  t.strictSame(
    one && procfs.readRights({ ...one, startTime: one.startTime + 1 }),
    { privileges: null, rootMapsTo: null },
    'nothing of another process that has its number now',
  )
})

t.test('sees a process in a named net namespace where its name is mounted', { skip: skip || whyNoIp }, async (t) => {
  const name = `nsentinel-${randomBytes(6).toString('hex')}`
  await execa('ip', ['netns', 'add', name])
  t.teardown(() => execa('ip', ['netns', 'delete', name]))
  const { pid } = await start(t, 'ip', 'netns', 'exec', name, 'sh', '-c', STAY)

  t.equal(processWith(pid)?.leader.namespaces.net, statSync(`/run/netns/${name}`).ino)
})

t.test('reads on while processes come and go', { skip }, async (t) => {
  await start(t, 'setpriv', '--pdeathsig', 'KILL', 'sh', '-c', 'echo ready; while :; do sh -c :; done')
  const procfs = new Procfs('/proc')

  const looks = Array.from({ length: 50 }, () => procfs.read())

  t.ok(looks.every(({ processes }) => processes.some(({ leader }) => leader.pid === process.pid)))
  t.notOk(
    looks.some(({ gaps }) => gaps.some(({ reason }) => reason !== 'too-large')),
    'an end is no gap',
  )
})

t.test('comes back to the working directory, whatever the reads do', (t) => {
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  const procfs = new Procfs('/proc')
  process.chdir(t.testdir({}))
  const here = process.cwd()

  procfs.read()
  t.equal(process.cwd(), here)
  procfs.readProcess(process.pid)
  t.equal(process.cwd(), here)
  procfs.reread({ pid: 2 ** 22 + 1, tid: 2 ** 22 + 1, startTime: 1 })
  t.equal(process.cwd(), here)
  t.end()
})

t.test('comes back to a working directory that has been deleted', (t) => {
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  const folder = deletedFolder()

  const { processes } = new Procfs('/proc').read()

  t.ok(processes.some(({ leader }) => leader.pid === process.pid))
  t.equal(readlinkSync('/proc/self/cwd'), `${folder} (deleted)`)
  t.end()
})

t.test('reads a procfs that is given by a relative path', (t) => {
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir('/')

  t.ok(processWith(process.pid, new Procfs('proc')))
  t.end()
})

t.test('refuses a folder that is no procfs', (t) => {
  t.throws(() => new Procfs(t.testdir({})), { code: 'ENOENT' })
  t.end()
})

/** Makes a folder, goes there and deletes it. */
function deletedFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ns-')))
  process.chdir(folder)
  rmSync(folder, { recursive: true })
  return folder
}

function inodeOf(pid: number, kind: NamespaceKind): number {
  return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/${kind}`))?.[0])
}
