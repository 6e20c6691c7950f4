import type { Gap } from '../model/gap.ts'
import type { Listener } from '../model/port.ts'
import type { Task } from '../model/task.ts'

/** A net namespace and the tasks by which it can be read, the most trusted first. */
export interface NetSpace {
  readonly inode: number
  readonly tasks: readonly Pick<Task, 'pid' | 'tid'>[]
  /** The node's own: what cannot be read there clouds host ports, elsewhere only the containers in it. */
  readonly isHost: boolean
  readonly containerIds: readonly string[]
}

/** A process whose descriptors may hold a socket. */
export interface SocketSuspect extends Pick<Task, 'pid' | 'tid' | 'startTime' | 'comm'> {
  /** The net namespace that it is in; undefined where that is closed to us. */
  readonly netInode: number | undefined
  /** Null of the host's. */
  readonly containerId: string | null
}

/** Who holds a socket open, by a file descriptor. */
export type SocketHolder = Pick<SocketSuspect, 'pid' | 'startTime' | 'comm' | 'containerId'>

/** A socket that accepts, and every process that holds it: several by fork(2), passed descriptors or socket activation. */
export interface ListeningSocket extends Omit<Listener, 'owners'> {
  readonly holders: readonly SocketHolder[]
}

export interface ListenerReport {
  readonly sockets: readonly ListeningSocket[]
  /** The inodes of the spaces of which nothing is told, since they could not be read. */
  readonly unread: readonly number[]
  readonly gaps: readonly Gap[]
}

/** Reads what listens in net namespaces, and who holds it; never throws for what it cannot read. */
export interface ListenerSource {
  /**
   * @param spaces the node's own first
   * @param suspects all processes that may hold a socket
   * @param ownInode the net namespace that we are in
   */
  read(spaces: readonly NetSpace[], suspects: readonly SocketSuspect[], ownInode: number | undefined): ListenerReport
}
