import { readlinkSync } from 'node:fs'
import type { TaskId } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { type Followed, followFds, socketInodeOf } from './fds.ts'
import { type Reader, visit } from './visit.ts'

/** Bounds what one process can make us read: more than a busy server has connections. */
const FDS_MAX = 131_072

/** Which of the wanted sockets one process holds. */
export interface OpenSockets extends Followed {
  /** By inode, one of the descriptors that hold it. */
  readonly fds: ReadonlyMap<number, string>
}

/**
 * Reads which of these sockets a process holds, by its file descriptors, whose links read `socket:[4242]`, proc_pid_fd(5).
 *
 * @returns null when it is gone
 */
export function readOpenSockets(reader: Reader, task: TaskId, wanted: ReadonlySet<number>): OpenSockets | null {
  const read = attempt(() => visit(reader, task, (directory) => listSockets(`${directory}/fd`, wanted)))
  if (!isFailure(read)) return read
  return read.failed === 'gone' ? null : { fds: new Map(), looked: 0, failed: read.failed }
}

/** Tells whether a process's descriptor holds this socket now; the caller knows by its start time that it is that process. */
export function holdsSocket(root: string, pid: number, fd: string, inode: number): boolean {
  return attempt(() => readlinkSync(`${root}/${pid}/fd/${fd}`)) === `socket:[${inode}]`
}

function listSockets(path: string, wanted: ReadonlySet<number>): OpenSockets {
  const fds = new Map<number, string>()
  const followed = followFds(path, FDS_MAX, (target, fd) => {
    const inode = socketInodeOf(target)
    if (wanted.has(inode)) fds.set(inode, fd)
    return true
  })
  return { fds, ...followed }
}
