import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import type { DetailSource, OpenNamespace } from '../../src/sources/source.ts'
import { HOST_INODES } from '../helpers/builders.ts'
import { INIT, type ScannedOptions, scanned } from '../helpers/scanned.ts'
import { closed, idOf, row, running } from '../helpers/tasks.ts'

const A = idOf('a')
const B = idOf('b')
const OWN = { net: 90, pid: 91, ipc: 92, mnt: 93, uts: 94, cgroup: 95 }
const main = running({ pid: 10, ppid: 5, id: A, namespaces: OWN })
const ROWS = [row({ id: A, initPid: 10 })]

function hits(snapshot: Snapshot): string[] {
  return reportOf(snapshot).findings.map(({ rule, fact, severity }) => `${rule} ${fact} ${severity}`)
}

async function scanWith(stranger: Parameters<typeof running>[0], more: ScannedOptions = {}): Promise<Snapshot> {
  return scanned([main, running({ pid: 30, ...stranger })], { rows: ROWS, ...more })
}

t.test('tells of a host process inside a container once, whatever kinds it is in', async (t) => {
  const snapshot = await scanWith({ namespaces: { net: 90, ipc: 92 } })

  t.strictSame(hits(snapshot), ['visiting-process visitors info'])
  t.match(snapshot.containers[0]?.visitors, { total: 1, tasks: [{ pid: 30 }] })
  t.strictSame(snapshot.namespaces, [])
})

t.test('gives a pod’s visitor to the container whose mnt namespace it is in', async (t) => {
  const other = running({ pid: 11, id: B, namespaces: { ...OWN, mnt: 193, pid: 191 } })
  const stranger = running({ pid: 30, namespaces: { net: 90, mnt: 193 } })

  const { containers } = await scanned([main, other, stranger], { rows: [...ROWS, row({ id: B, initPid: 11 })] })

  t.strictSame(
    containers.filter(({ visitors }) => visitors !== undefined).map(({ id }) => id),
    [B],
  )
})

const NO_VISITORS: readonly (readonly [string, ScannedOptions])[] = [
  ['that ended between two looks', { again: [INIT, main] }],
  ['that was on its way into the container', { again: [INIT, main, running({ pid: 30, id: A, namespaces: OWN })] }],
  ['that went on between two looks', { again: [INIT, main, running({ pid: 30, namespaces: { net: 96 } })] }],
]

for (const [what, more] of NO_VISITORS) {
  t.test(`stays silent about a process ${what}`, async (t) => {
    t.strictSame(hits(await scanWith({ namespaces: { net: 90 } }, more)), [])
  })
}

t.test('stays silent about threads of the host’s in a container’s net namespace', async (t) => {
  const kubelet = running({ pid: 40 })
  const thread = { ...kubelet.leader, tid: 41, namespaces: { ...HOST_INODES, net: 90 } }

  t.strictSame(hits(await scanned([main, { ...kubelet, oddThreads: [thread] }], { rows: ROWS })), [])
})

const PIN = { path: '/run/netns/blue', inode: 77, settled: true }

t.test('groups processes that no container explains by their namespace, and weighs who made it', async (t) => {
  const both = [30, 31].map((pid) => running({ pid, namespaces: { net: 77, pid: 78 } }))
  const browser = running({ pid: 32, namespaces: { net: 80, user: 81 } })

  const snapshot = await scanned([main, ...both, browser], { rows: ROWS })

  t.strictSame(hits(snapshot), [
    `unattributed-namespace net/${snapshot.node.bootId}/77 low`,
    `unattributed-namespace net/${snapshot.node.bootId}/80 info`,
  ])
  t.match(snapshot.namespaces[0], { kind: 'net', inode: 77, pin: null, process: { pid: 30 }, also: ['pid'] })
})

t.test('names a namespace by the mount that keeps it alive, with a process in it or without', async (t) => {
  const details: Partial<DetailSource> = { readPins: () => [PIN] }

  t.strictSame(hits(await scanned([main], { rows: ROWS, details })), [
    'unattributed-namespace net//run/netns/blue info',
  ])
  t.strictSame(hits(await scanWith({ namespaces: { net: 77 } }, { details })), [
    'unattributed-namespace net//run/netns/blue low',
  ])
})

t.test('takes a container’s and the host’s own pinned namespace for explained', async (t) => {
  const pins = [90, HOST_INODES.net].map((inode) => ({ ...PIN, inode }))

  t.strictSame(hits(await scanned([main], { rows: ROWS, details: { readPins: () => pins } })), [])
})

t.test(
  'leaves out what systemd makes for most services, and tells of a mnt namespace of somebody else’s',
  async (t) => {
    const service = { namespaces: { mnt: 70 }, cgroup: '0::/system.slice/logind.service\n' }
    const session = { namespaces: { mnt: 70 }, cgroup: '0::/user.slice/session-1.scope\n' }

    t.strictSame(hits(await scanWith(service)), [])
    t.match(hits(await scanWith(session)), [/^unattributed-namespace mnt\/.*\/70 info$/])
  },
)

t.test('calls no namespace nobody’s while those of a container are closed to it', async (t) => {
  const details: Partial<DetailSource> = { readPins: () => [PIN] }
  const stranger = running({ pid: 30, namespaces: { net: 78 } })

  const snapshot = await scanned([main, stranger, closed({ pid: 40, id: idOf('b') })], { rows: ROWS, details })

  t.strictSame(hits(snapshot), [])
  t.match(
    snapshot.gaps.find(({ subject }) => subject === 'unattributed namespaces'),
    { reason: 'denied', affects: [] },
  )
})

t.test('says that mounts could not be read', async (t) => {
  const { gaps } = await scanned([main], { rows: ROWS, details: { readPins: () => 'too-large' } })

  t.ok(gaps.some(({ subject, reason }) => subject === "the node's mounts" && reason === 'too-large'))
})

function holding(...looks: readonly (readonly OpenNamespace[])[]): Partial<DetailSource> {
  const next = [...looks]
  return {
    readHeld: () => ({ open: new Map([[10, next.shift() ?? looks.at(-1) ?? []]]), sockets: new Map(), gaps: [] }),
  }
}

const HOST_NET: OpenNamespace = { kind: 'net', inode: HOST_INODES.net, mountPoint: null }

t.test('hits once for a kind that a container keeps open, by descriptor and mount', async (t) => {
  const details = holding([HOST_NET, { ...HOST_NET, mountPoint: '/n' }])

  const snapshot = await scanned([main], { rows: ROWS, details })

  t.strictSame(hits(snapshot), ['held-host-namespace net low'])
  t.match(snapshot.containers[0]?.held, [{ kind: 'net', relation: 'host', mountPoints: ['/n'], total: 1 }])
})

const NOT_HELD: readonly (readonly [string, Partial<DetailSource>])[] = [
  ['that only the first look found', holding([HOST_NET], [])],
  ['that is the container’s own', holding([{ ...HOST_NET, inode: 90 }])],
  ['that is no host’s', holding([{ ...HOST_NET, inode: 1234 }])],
  ['that it is in anyway', holding([{ ...HOST_NET, kind: 'user', inode: HOST_INODES.user }])],
]

for (const [what, details] of NOT_HELD) {
  t.test(`stays silent about an open namespace ${what}`, async (t) => {
    t.strictSame(hits(await scanned([main], { rows: ROWS, details })), [])
  })
}

t.test('tells where a task’s next children will be, and hits where that is the host’s', async (t) => {
  const given = (pid: number) => ({ rows: ROWS, details: { readForChildren: () => ({ pid }) } })
  const inHost = await scanned([main], given(HOST_INODES.pid))
  const inOwn = await scanned([main], given(991))

  t.match(inHost.containers[0]?.forChildren, [{ kind: 'pid', relation: 'host', total: 1, tasks: [{ pid: 10 }] }])
  t.match(reportOf(inHost).findings, [{ rule: 'escaped-process', fact: 'pid', evidence: { how: 'children' } }])
  t.match(inOwn.containers[0]?.forChildren, [{ kind: 'pid', relation: 'own' }])
  t.strictSame(hits(inOwn), [])
})
