import type { Gap, GapReason } from '../../model/gap.ts'
import type { NetSpace } from '../listener-source.ts'
import type { Failure } from './attempt.ts'
import type { BoundSocket } from './listener-tables.ts'
import type { Owners } from './socket-owners.ts'

/** Says that the listeners of a net namespace are not known: of the host's, that clouds also who holds them from outside. */
export function unreadGap(space: NetSpace, reason: GapReason, detail: string): Gap {
  return {
    source: 'procfs',
    subject: `listeners of ${nameOf(space)}`,
    reason,
    affects: space.isHost ? ['net', ...cloudedBy(space)] : cloudedBy(space),
    detail,
  }
}

/** Says that sockets of a protocol whose tables are not read are in use. */
export function unlistedGap(space: NetSpace, protocol: 'SCTP' | 'UDP-Lite'): Gap {
  return {
    source: 'procfs',
    subject: `${protocol} sockets of ${nameOf(space)}`,
    reason: 'unsupported',
    affects: protocol === 'SCTP' ? ['sctp'] : [],
    detail: 'this version lists listeners of TCP and UDP only',
  }
}

/** Says that nobody could tell whether listeners on `::` take IPv4: each of them says so, too. */
export function familyGaps(failure: Failure | null): Gap[] {
  if (failure === null) return []
  const detail = `ss(8) tells which listeners on :: take IPv4 too: ${failure.detail}`
  return [{ source: 'procfs', subject: 'families of listeners', reason: failure.failed, affects: [], detail }]
}

const OWNERS = 'owners of listeners'

/**
 * Says whose descriptors could not be read while the owner of some listener is not known, one gap for each reason: the
 * owner may be any of them. Where all are the host's, it is no container's, and no verdict on a container needs it.
 */
export function ownerGaps(
  sockets: readonly BoundSocket[],
  { holdersOf, unfinished, failed }: Owners,
  spaces: readonly NetSpace[],
): Gap[] {
  const ownerless = sockets.filter(({ socketInode }) => socketInode > 0 && holdersOf(socketInode).length === 0)
  if (ownerless.length === 0) return []
  const gaps = [...Map.groupBy(failed, ({ reason }) => reason)].map(([reason, all]): Gap => {
    const affects = [...new Set(all.flatMap(({ suspect }) => suspect.containerId ?? []))]
    const detail = `any of ${all.length} process(es), pid ${all[0]?.suspect.pid} first, may hold ${ownerless.length} of them`
    return { source: 'procfs', subject: OWNERS, reason, affects, detail }
  })
  if (unfinished.size === 0) return gaps
  const inodes = new Set(ownerless.map(({ netInode }) => netInode))
  const affects = spaces.flatMap((space) => (inodes.has(space.inode) ? cloudedBy(space) : []))
  const detail = 'there was no time to look at the file descriptors of all processes'
  return [...gaps, { source: 'procfs', subject: OWNERS, reason: 'timeout', affects: [...new Set(affects)], detail }]
}

function cloudedBy({ isHost, containerIds }: NetSpace): readonly string[] {
  return isHost ? ['tcp', 'udp'] : containerIds
}

function nameOf({ inode, isHost }: NetSpace): string {
  return isHost ? 'the host' : `net:[${inode}]`
}
