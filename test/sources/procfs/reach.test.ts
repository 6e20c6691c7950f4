import { readlinkSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { IpcReach } from '../../../src/model/reach.ts'
import { ProcfsReach } from '../../../src/sources/procfs/reach.ts'
import { isInstalled } from '../../helpers/commands.ts'
import { type Started, start, unshared, whyNoNamespaces } from '../../helpers/namespaces.ts'

const missing = ['ipcmk', 'mount'].filter((command) => !isInstalled(command))
const skip = whyNoNamespaces() || (missing.length > 0 && `not installed: ${missing.join(', ')}`)

const reader = new ProcfsReach('/proc')

/** Listens on two abstract names, and a third one that would clear a terminal. */
const NAMES = `
const net = require('node:net')
const listen = (name) => new Promise((done) => net.createServer().listen(name, done))
await listen('\\0/containerd-shim/0123456789abcdef0123.sock')
await listen('\\0/containerd-shim/fedcba98765432100123.sock')
await listen('\\0evil\\u001b[2J')
console.log('ready')
`

/** Runs a script of Node's, by a shell's words before it, in namespaces of its own. */
function run(t: Test, flags: readonly string[], before: string, script: string): Promise<Started> {
  const program = `(async () => {${script}})()`
  return start(t, 'unshare', ...flags, 'sh', '-c', `${before} && exec "$0" -e "$1"`, process.execPath, program)
}

function netOf(pid: number): number {
  return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0])
}

t.test('finds the abstract names of a net namespace', { skip }, async (t) => {
  const { pid } = await run(t, ['--net'], 'true', NAMES)

  const { reach, gaps } = reader.readNet({ pid, inode: netOf(pid) })

  t.strictSame(reach, { abstractSockets: { items: ['/containerd-shim/*.sock', 'evil\u001b[2J'], total: 2 } })
  t.strictSame(gaps, [])
})

t.test('finds nothing in an empty net namespace, which is not the same as not looking', { skip }, async (t) => {
  const { pid } = await unshared(t, '--net')

  t.strictSame(reader.readNet({ pid, inode: netOf(pid) }), {
    reach: { abstractSockets: { items: [], total: 0 } },
    gaps: [],
  })
})

t.test('tells nothing of a task that is in another net namespace, or gone', { skip }, async (t) => {
  const { pid, end } = await unshared(t, '--net')
  const unknown = { abstractSockets: 'unknown' }
  const elsewhere = reader.readNet({ pid, inode: netOf(process.pid) })

  t.strictSame(elsewhere.reach, unknown)
  t.match(elsewhere.gaps, [{ source: 'procfs', subject: 'abstract sockets of the host', reason: 'gone', affects: [] }])

  const inode = netOf(pid)
  await end()
  t.strictSame(reader.readNet({ pid, inode }).reach, unknown)
})

const REACH_FILE = JSON.stringify(new URL('../../../src/sources/procfs/reach.ts', import.meta.url).pathname)
const READ_IPC = `
  const { ProcfsReach } = await import(${REACH_FILE})
  console.log(JSON.stringify(new ProcfsReach('/proc').readIpc()))`

/** What a process in an ipc namespace of its own reads there, after a shell's words. */
async function readIpcAfter(t: Test, before: string) {
  const { line } = await run(t, ['--ipc', '--mount'], before, READ_IPC)
  const answer: { readonly reach: IpcReach; readonly gaps: unknown } = JSON.parse(line)
  return answer
}

t.test('finds System V objects and POSIX queues of its own ipc namespace', { skip }, async (t) => {
  const make = [
    'ipcmk --shmem 4096 --mode 0640',
    'ipcmk --shmem 4096 --mode 0640',
    'ipcmk --semaphore 2 --mode 0600',
    'ipcmk --queue --mode 0666',
    'mount -t tmpfs none /dev',
    'mkdir /dev/mqueue',
    'mount -t mqueue none /dev/mqueue',
    'touch /dev/mqueue/orders /dev/mqueue/reply-48213 /dev/mqueue/reply-48214',
  ]

  const { reach, gaps } = await readIpcAfter(t, `{ ${make.join(' && ')}; } >/dev/null`)

  t.match(reach, {
    sharedMemory: { items: [{ key: /^0x[0-9a-f]{8}$/, uid: 0, mode: '640' }, { mode: '640' }], total: 2 },
    semaphores: { items: [{ mode: '600' }], total: 1 },
    messageQueues: { items: [{ mode: '666' }], total: 1 },
    posixQueues: { items: ['orders', 'reply-*'], total: 2 },
  })
  t.strictSame(gaps, [])
})

t.test('does not take a folder without queues’ file system for no queues', { skip }, async (t) => {
  const { reach, gaps } = await readIpcAfter(t, '{ mount -t tmpfs none /dev && mkdir /dev/mqueue; } >/dev/null')

  t.strictSame(reach, {
    sharedMemory: { items: [], total: 0 },
    semaphores: { items: [], total: 0 },
    messageQueues: { items: [], total: 0 },
    posixQueues: 'unknown',
  })
  t.match(gaps, [{ subject: 'POSIX queues of the host', reason: 'missing', affects: [] }])
})
