import t from 'tap'
import type { NetSpace, SocketSuspect } from '../../../src/sources/listener-source.ts'
import { ownerGaps } from '../../../src/sources/procfs/listener-gaps.ts'
import type { BoundSocket } from '../../../src/sources/procfs/listener-tables.ts'
import type { Owners } from '../../../src/sources/procfs/socket-owners.ts'

const SPACES: readonly NetSpace[] = [
  { inode: 1, tasks: [], isHost: true, containerIds: ['a'] },
  { inode: 2, tasks: [], isHost: false, containerIds: ['b', 'c'] },
]

function socket(socketInode: number, netInode = 1): BoundSocket {
  return { netInode, family: 'ipv4', address: '0.0.0.0', port: 80, protocol: 'tcp', socketInode, uid: 0 }
}

function suspect(pid: number, containerId: string | null): SocketSuspect {
  return { pid, tid: pid, startTime: pid, comm: 'sh', netInode: 1, containerId }
}

function owners(given: Partial<Owners> = {}): Owners {
  return { holdersOf: () => [], unfinished: new Set(), failed: [], ...given }
}

t.test('names closed processes only while a listener has no known owner', async (t) => {
  const failed = [{ suspect: suspect(1, null), reason: 'denied' as const }]
  const holdersOf = () => [suspect(9, null)]

  t.match(ownerGaps([socket(7)], owners({ failed }), SPACES), [
    { reason: 'denied', affects: [], detail: /pid 1 first/ },
  ])
  t.strictSame(ownerGaps([socket(7)], owners({ failed, holdersOf }), SPACES), [])
  t.strictSame(ownerGaps([socket(0)], owners({ failed }), SPACES), [], 'the kernel’s own is nobody’s')
})

t.test('clouds the containers whose processes are closed, each reason on its own', async (t) => {
  const failed = [
    { suspect: suspect(1, null), reason: 'denied' as const },
    { suspect: suspect(2, 'a'), reason: 'denied' as const },
    { suspect: suspect(3, 'b'), reason: 'too-large' as const },
    { suspect: suspect(4, 'b'), reason: 'too-large' as const },
  ]

  t.match(ownerGaps([socket(7)], owners({ failed }), SPACES), [
    { reason: 'denied', affects: ['a'] },
    { reason: 'too-large', affects: ['b'] },
  ])
})

t.test('clouds what a search that is not over may yet find', async (t) => {
  const unfinished = new Set([7])

  t.match(ownerGaps([socket(7)], owners({ unfinished }), SPACES), [{ reason: 'timeout', affects: ['tcp', 'udp'] }])
  t.match(ownerGaps([socket(7, 2)], owners({ unfinished }), SPACES), [{ reason: 'timeout', affects: ['b', 'c'] }])
})
