import { closeSync, openSync, readFileSync } from 'node:fs'
import t from 'tap'
import { hostPlacesOf, type Place } from '../../../src/sources/procfs/compare-mounts.ts'
import { HeldRotation } from '../../../src/sources/procfs/held-rotation.ts'
import { parseMountinfo } from '../../../src/sources/procfs/mountinfo.ts'
import { Procfs } from '../../../src/sources/procfs/procfs.ts'
import { createFileReader } from '../../../src/sources/procfs/read-file.ts'
import type { Holders, TaskId } from '../../../src/sources/source.ts'
import { STAY, start, unshared, whyNoNamespaces } from '../../helpers/namespaces.ts'

const reader = { root: '/proc', readFile: createFileReader() }
const skip = whyNoNamespaces()

function taskOf(pid: number): TaskId {
  const found = new Procfs('/proc').read().processes.find(({ leader }) => leader.pid === pid)
  if (found === undefined) throw new Error(`pid ${pid} is not there`)
  return found.leader
}

function netOf(pid: number): number {
  const found = new Procfs('/proc').read().processes.find(({ leader }) => leader.pid === pid)
  return found?.leader.namespaces.net ?? 0
}

/** A clock that a test moves. */
function clock() {
  const time = { now: 0 }
  return { time, rotation: new HeldRotation(reader, () => time.now) }
}

function holder(containerId: string, ...tasks: readonly TaskId[]): Holders {
  return { containerId, tasks, foreignSockets: new Set() }
}

t.test('finds a namespace that a process holds by a file descriptor', { skip }, async (t) => {
  const { pid } = await start(t, 'sh', '-c', `exec 3< /proc/${process.pid}/ns/net; ${STAY}`)

  const { open, gaps } = new HeldRotation(reader).read([holder('a', taskOf(pid))])

  t.strictSame(
    open.get(pid)?.filter(({ mountPoint }) => mountPoint === null),
    [{ kind: 'net', inode: netOf(process.pid), mountPoint: null }],
  )
  t.strictSame(gaps, [])
})

t.test('finds one that is mounted in the main process’s mnt namespace, and asks no other', { skip }, async (t) => {
  const folder = t.testdir({ net: '' })
  const script = `mount --bind /proc/self/ns/net ${folder}/net && ${STAY}`
  const { pid } = await start(t, 'unshare', '--mount', 'sh', '-c', script)
  const plain = await start(t, 'sh', '-c', STAY)
  const mounted = { kind: 'net', inode: netOf(pid), mountPoint: `${folder}/net` }

  const asMain = new HeldRotation(reader).read([holder('a', taskOf(pid))])
  const asOther = new HeldRotation(reader).read([holder('a', taskOf(plain.pid), taskOf(pid))])

  t.match(
    asMain.open.get(pid)?.filter(({ mountPoint }) => mountPoint === mounted.mountPoint),
    [mounted],
  )
  t.strictSame(asOther.open.get(pid), [])
})

t.test(
  'leaves out what is mounted while the root is the host’s, and keeps what a descriptor holds',
  { skip },
  async (t) => {
    const folder = t.testdir({ net: '' })
    const script = `mount --bind /proc/self/ns/net ${folder}/net && exec 3< /proc/self/ns/net; ${STAY}`
    const { pid } = await start(t, 'unshare', '--mount', 'sh', '-c', script)
    const hostRoot = hostPlacesOf(parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'))).root
    const told = (root: Place | null) =>
      new HeldRotation(reader)
        .read([holder('a', taskOf(pid))], root)
        .open.get(pid)
        ?.map(({ mountPoint }) => mountPoint)
    t.ok(hostRoot)

    t.strictSame(told(hostRoot), [null])
    t.ok(told(null)?.includes(`${folder}/net`))
    t.ok(told({ device: '0:9999', path: '/', type: 'overlay' })?.includes(`${folder}/net`))
  },
)

t.test(
  'reads a process again when its answer is old, and at every look while it holds something',
  { skip },
  async (t) => {
    const { time, rotation } = clock()
    // The main process is asked for mounts, too: the machine may have some.
    const main = taskOf((await start(t, 'sh', '-c', STAY)).pid)
    const self = taskOf(process.pid)
    const look = () => rotation.read([holder('a', main, self)]).open.get(process.pid)?.length
    t.equal(look(), 0)

    const file = openSync('/proc/self/ns/ipc', 'r')
    time.now += 29_000
    t.equal(look(), 0, 'not before')
    time.now += 2000
    t.equal(look(), 1)

    closeSync(file)
    t.equal(look(), 0, 'at once')
  },
)

t.test('gives each container its turn, and says whose answers are missing', { skip }, async (t) => {
  const pids = await Promise.all(Array.from({ length: 4 }, () => unshared(t, '--net').then(({ pid }) => pid)))
  const [first, second, third, fourth] = pids.map(taskOf)
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) {
    throw new Error('a process is not there')
  }
  const time = { now: 0, step: 0 }
  // Every question after the time costs a step of it: there is time for two processes.
  const rotation = new HeldRotation(reader, () => {
    time.now += time.step
    return time.now
  })
  time.step = 220

  const holders = [holder('a', first, second, third), holder('b', fourth)]
  const cut = rotation.read(holders)
  t.match(
    cut.gaps.map(({ affects, reason }) => [affects, reason]),
    [[['a'], 'timeout']],
    'b had its turn before a had its second',
  )
  time.step = 0
  t.strictSame(rotation.read(holders).gaps, [], 'the next look goes on')
})

t.test('tells nothing of a process that has ended, and it is no gap', { skip }, async (t) => {
  const { pid, end } = await start(t, 'sh', '-c', STAY)
  const task = taskOf(pid)
  await end()

  const { open, gaps } = new HeldRotation(reader).read([holder('a', task)])

  t.strictSame(open.get(pid), [])
  t.strictSame(gaps, [])
})
