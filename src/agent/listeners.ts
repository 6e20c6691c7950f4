import type { Container } from '../model/container.ts'
import type { Gap } from '../model/gap.ts'
import type { Listener, PortOwner } from '../model/port.ts'
import type { ListenerSource, ListeningSocket, SocketHolder } from '../sources/listener-source.ts'
import { listNetSpaces, listSuspects, type NetContext } from './net-spaces.ts'

/** Listeners of one container, or of the host's own, that a snapshot holds: none pushes another's out of sight. */
const CONTAINER_LISTENERS_MAX = 1024
const HOST_LISTENERS_MAX = 16_384

/** Owners of one listener that are named, of each container and of the host. */
const OWNERS_MAX = 8

/** What listens on the node, and what of it could not be read. */
export interface Heard {
  readonly sockets: readonly ListeningSocket[]
  /** Whether the host's own listeners are among them. */
  readonly isHostRead: boolean
  readonly gaps: readonly Gap[]
}

/** Reads what listens in every net namespace that a task is in. */
export function readListeners(context: NetContext, source: ListenerSource): Heard {
  const spaces = listNetSpaces(context)
  const { sockets, unread, gaps } = source.read(spaces, listSuspects(context), context.report.self.net)
  const host = context.baseline.node.net?.inode
  if (host === undefined) return { sockets, isHostRead: false, gaps: [...gaps, NO_HOST] }
  return { sockets, isHostRead: !unread.includes(host), gaps }
}

/** Says of each socket who holds it, the container with its pod; bounded for each container. */
export function ownListeners(
  sockets: readonly ListeningSocket[],
  containers: readonly Container[],
): { readonly listeners: readonly Listener[]; readonly gaps: readonly Gap[] } {
  const byId = new Map(containers.map((container) => [container.id, container]))
  const held = holdersFrom(containers)
  const owned = sockets.map((socket) => ({ ...socket, holders: merged(socket, held.get(socket.socketInode) ?? []) }))
  const byOwner = Map.groupBy(owned, ({ holders }) => holders[0]?.containerId ?? null)
  const shares = [...byOwner].map(([id, own]) => ({
    id,
    own,
    most: id === null ? HOST_LISTENERS_MAX : CONTAINER_LISTENERS_MAX,
  }))
  return {
    listeners: shares.flatMap(({ own, most }) => own.slice(0, most)).map((socket) => listenerOf(socket, byId)),
    gaps: shares.flatMap(({ id, own, most }) => (own.length > most ? [tooMany(id, own.length)] : [])),
  }
}

/** Lists by socket who holds one of the host's from inside a container: their descriptors are read of their own accord. */
function holdersFrom(containers: readonly Container[]): ReadonlyMap<number, readonly SocketHolder[]> {
  const all = containers.flatMap(({ id, heldSockets = [] }) =>
    heldSockets.flatMap(({ socketInode, tasks }) =>
      tasks.map(({ pid, startTime, comm }) => ({ socketInode, holder: { pid, startTime, comm, containerId: id } })),
    ),
  )
  const bySocket = Map.groupBy(all, ({ socketInode }) => socketInode)
  return new Map([...bySocket].map(([inode, own]) => [inode, own.map(({ holder }) => holder)]))
}

function merged({ holders }: ListeningSocket, others: readonly SocketHolder[]): readonly SocketHolder[] {
  const pids = new Set(holders.map(({ pid }) => pid))
  return [...holders, ...others.filter(({ pid }) => !pids.has(pid))]
}

function listenerOf({ holders, ...socket }: ListeningSocket, containers: ReadonlyMap<string, Container>): Listener {
  const groups = Map.groupBy(holders, ({ containerId }) => containerId)
  const named = [...groups.values()].flatMap((group) => group.slice(0, OWNERS_MAX))
  return { ...socket, owners: named.map((holder) => ownerOf(holder, containers)) }
}

function ownerOf({ pid, comm, containerId }: SocketHolder, containers: ReadonlyMap<string, Container>): PortOwner {
  if (containerId === null) return { role: 'listener', pid, comm }
  const pod = containers.get(containerId)?.pod
  return {
    role: 'listener',
    containerId,
    ...(pod === undefined ? {} : { pod: `${pod.namespace}/${pod.name}` }),
    pid,
    comm,
  }
}

function tooMany(id: string | null, count: number): Gap {
  return {
    source: 'procfs',
    subject: id === null ? 'listeners of the host' : `listeners of container ${id}`,
    reason: 'too-large',
    affects: id === null ? ['tcp', 'udp'] : [id],
    detail: `there are ${count}, and the first ones are told`,
  }
}

const NO_HOST: Gap = {
  source: 'procfs',
  subject: 'listeners of the host',
  reason: 'denied',
  affects: ['tcp', 'udp'],
  detail: 'which net namespace is the host’s is not known',
}
