import type { HeldSocket } from '../model/container.ts'
import type { Baseline } from '../model/namespace.ts'
import type { Task } from '../model/task.ts'
import type { ListeningSocket } from '../sources/listener-source.ts'
import type { DetailSource } from '../sources/source.ts'
import type { Draft } from './join.ts'
import type { Heard } from './listeners.ts'
import { groupWithOrigins } from './origins.ts'
import { groupOf } from './task-group.ts'

const SOCKETS_MAX = 32

/** A process of a container that holds a listener of the host's, and is in another net namespace. */
export interface SocketHolding {
  readonly containerId: string
  readonly task: Task
  readonly socket: ListeningSocket
}

/** Lists by inode the listeners of the host's net namespace; none where that is not known. */
export function foreignSockets({ sockets }: Heard, { node }: Baseline): ReadonlyMap<number, ListeningSocket> {
  const own = sockets.filter(({ netInode, socketInode }) => netInode === node.net?.inode && socketInode > 0)
  return new Map(own.map((socket) => [socket.socketInode, socket]))
}

/** Lists who of containers' processes holds one, by what was read of their descriptors. */
export function listSocketHolders(
  held: ReadonlyMap<number, readonly number[]>,
  foreign: ReadonlyMap<number, ListeningSocket>,
  { drafts, baseline }: { readonly drafts: readonly Draft[]; readonly baseline: Baseline },
): SocketHolding[] {
  const host = baseline.node.net?.inode
  return drafts.flatMap(({ id, main, processes }) =>
    processes.flatMap(({ leader }) => {
      const isIn = [leader, main.leader].some(({ namespaces }) => namespaces.net === host)
      const inodes = isIn ? [] : (held.get(leader.pid) ?? [])
      return inodes.flatMap((inode): SocketHolding[] => {
        const socket = foreign.get(inode)
        return socket === undefined ? [] : [{ containerId: id, task: leader, socket }]
      })
    }),
  )
}

/** Keeps what both looks found. */
export function agreedSocketHolders(
  first: readonly SocketHolding[],
  second: readonly SocketHolding[],
): readonly SocketHolding[] {
  const before = new Set(first.map(nameOf))
  return second.filter((holding) => before.has(nameOf(holding)))
}

/** Gives by container the listeners that its processes hold, each once, with those processes. */
export function groupSocketHolders(
  holdings: readonly SocketHolding[],
  details: DetailSource,
): ReadonlyMap<string, readonly HeldSocket[]> {
  const byContainer = Map.groupBy(holdings, ({ containerId }) => containerId)
  return new Map([...byContainer].map(([id, own]) => [id, heldSocketsOf(own, details)]))
}

function heldSocketsOf(holdings: readonly SocketHolding[], details: DetailSource): HeldSocket[] {
  const bySocket = [...Map.groupBy(holdings, ({ socket }) => socket)].slice(0, SOCKETS_MAX)
  return bySocket.flatMap(([{ protocol, address, port, socketInode }, own]) => {
    if (protocol === 'sctp') return []
    const tasks = groupWithOrigins(groupOf(own.map(({ task }) => task)), details)
    return [{ protocol, address, port, socketInode, ...tasks }]
  })
}

function nameOf({ containerId, task, socket }: SocketHolding): string {
  return JSON.stringify([containerId, task.pid, task.startTime, socket.socketInode])
}
