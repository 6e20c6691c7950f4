import { opendirSync, readlinkSync } from 'node:fs'
import type { GapReason } from '../../model/gap.ts'
import type { TaskId } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { type Reader, visit } from './visit.ts'

/** Bounds what one process can make us read: more than a busy server has connections. */
const FDS_MAX = 131_072

/** Entries that one getdents(2) may give: most processes have few. */
const ENTRIES_AT_ONCE = 256

/** Which of the wanted sockets one process holds. */
export interface OpenSockets {
  /** By inode, one of the descriptors that hold it. */
  readonly fds: ReadonlyMap<number, string>
  /** How many file descriptors were looked at. */
  readonly looked: number
  /** Why that is not all. */
  readonly failed?: GapReason
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
  const directory = opendirSync(path, { bufferSize: ENTRIES_AT_ONCE })
  try {
    let looked = 0
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (looked === FDS_MAX) return { fds, looked, failed: 'too-large' }
      looked++
      const { name } = entry
      // A descriptor may be closed while we look.
      const target = attempt(() => readlinkSync(`${path}/${name}`))
      // Whoever may list a process's descriptors need not be allowed to follow them: ptrace(2) access is another right.
      if (isFailure(target) && target.failed === 'denied') return { fds, looked, failed: 'denied' }
      const inode = isFailure(target) || !target.startsWith('socket:[') ? 0 : Number(target.slice(8, -1))
      if (wanted.has(inode)) fds.set(inode, name)
    }
    return { fds, looked }
  } finally {
    directory.closeSync()
  }
}
