import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import type { ListeningSocket, SocketHolder } from '../../src/sources/listener-source.ts'
import type { DetailSource, Holders } from '../../src/sources/source.ts'
import { HOST_INODES } from '../helpers/builders.ts'
import { scanned } from '../helpers/scanned.ts'
import { idOf, row, running } from '../helpers/tasks.ts'

const ISOLATED = idOf('a')
const SHARING = idOf('b')
const OWN = { net: 90, pid: 91, ipc: 92, mnt: 93, uts: 94, cgroup: 95 }
const POD = {
  namespace: 'shop',
  name: 'web-1',
  uid: 'u-1',
  container: 'web',
  static: false,
  proof: 'cri' as const,
}

const PROCESSES = [
  running({ pid: 10, id: ISOLATED, namespaces: OWN, comm: 'web' }),
  running({ pid: 20, id: SHARING, namespaces: { ...OWN, net: HOST_INODES.net } }),
]
const ROWS = [
  row({ id: ISOLATED, initPid: 10, pod: POD }),
  row({ id: SHARING, initPid: 20, declared: { net: 'host' } }),
]

function listening(given: Partial<ListeningSocket> = {}): ListeningSocket {
  return {
    netInode: HOST_INODES.net,
    family: 'ipv4',
    address: '0.0.0.0',
    port: 8080,
    protocol: 'tcp',
    socketInode: 42,
    holders: [],
    ...given,
  }
}

function holder(pid: number, containerId: string | null): SocketHolder {
  return { pid, startTime: pid, comm: `p${pid}`, containerId }
}

/** What looks find among the descriptors of pid 10, and which sockets they asked for. */
function holding(...looks: readonly (readonly number[])[]) {
  const asked: (readonly Holders[])[] = []
  const details: Partial<DetailSource> = {
    readHeld: (holders) => {
      const sockets = new Map([[10, looks[asked.length] ?? looks.at(-1) ?? []]])
      asked.push(holders)
      return { open: new Map(), sockets, gaps: [] }
    },
  }
  return { asked, details }
}

function findingsOf(snapshot: Snapshot): string[] {
  return reportOf(snapshot)
    .findings.filter(({ rule }) => rule === 'held-host-namespace')
    .map(({ fact, subject }) => `${fact} ${subject.containerId === ISOLATED ? 'isolated' : 'sharing'}`)
}

t.test('names all owners of a listener, containers with their pods', async (t) => {
  const sockets = [listening({ holders: [holder(1, null), holder(10, ISOLATED), holder(20, SHARING)] })]

  const { listeners } = await scanned(PROCESSES, { rows: ROWS, listeners: { sockets } })

  t.strictSame(listeners[0]?.owners, [
    { role: 'listener', pid: 1, comm: 'p1' },
    { role: 'listener', containerId: ISOLATED, pod: 'shop/web-1', pid: 10, comm: 'p10' },
    { role: 'listener', containerId: SHARING, pid: 20, comm: 'p20' },
  ])
})

t.test(
  'finds a listener of the host’s in a container that is isolated from it, and makes it one of its owners',
  async (t) => {
    const { asked, details } = holding([42])
    const sockets = [listening({ holders: [holder(1, null)] }), listening({ netInode: 90, socketInode: 43 })]

    const snapshot = await scanned(PROCESSES, { rows: ROWS, details, listeners: { sockets } })

    t.strictSame(findingsOf(snapshot), ['tcp/0.0.0.0/8080 isolated'])
    t.strictSame(
      snapshot.listeners[0]?.owners.map(({ pid, containerId }) => [pid, containerId]),
      [
        [1, undefined],
        [10, ISOLATED],
      ],
    )
    t.strictSame(
      asked[0]?.map(({ containerId, foreignSockets }) => [containerId, [...foreignSockets]]),
      [
        [ISOLATED, [42]],
        [SHARING, []],
      ],
      'nobody asks a container for sockets of the namespace that it is in',
    )
  },
)

t.test('stays silent about a listener of the host’s that only one look found in a container', async (t) => {
  for (const looks of [
    [[42], []],
    [[], [42]],
  ]) {
    const { details } = holding(...looks)
    const snapshot = await scanned(PROCESSES, { rows: ROWS, details, listeners: { sockets: [listening()] } })

    t.strictSame(findingsOf(snapshot), [])
  }
})

t.test('keeps what many listeners of one container do not push out, and says that they are cut', async (t) => {
  const flood = Array.from({ length: 1100 }, (_, index) =>
    listening({ port: index + 1, socketInode: index + 100, holders: [holder(10, ISOLATED)] }),
  )
  const sockets = [...flood, listening({ holders: [holder(20, SHARING)] })]

  const { listeners, gaps } = await scanned(PROCESSES, { rows: ROWS, listeners: { sockets } })

  t.equal(listeners.length, 1025)
  t.equal(listeners.at(-1)?.port, 8080)
  t.match(
    gaps.filter(({ subject }) => subject.startsWith('listeners of')),
    [{ reason: 'too-large', affects: [ISOLATED], detail: /1100/ }],
  )
})

t.test('names the first owners of each container, so that none hides another', async (t) => {
  const workers = Array.from({ length: 50 }, (_, index) => holder(100 + index, ISOLATED))
  const sockets = [listening({ holders: [...workers, holder(20, SHARING)] })]

  const { listeners } = await scanned(PROCESSES, { rows: ROWS, listeners: { sockets } })

  t.equal(listeners[0]?.owners.length, 9)
  t.equal(listeners[0]?.owners.at(-1)?.containerId, SHARING)
})
