import { opendirSync, readlinkSync } from 'node:fs'
import type { GapReason } from '../../model/gap.ts'
import { attempt, isFailure } from './attempt.ts'

/** Entries that one getdents(2) may give: most processes have few. */
const ENTRIES_AT_ONCE = 256

/** How many file descriptors were looked at, and why that is not all. */
export interface Followed {
  readonly looked: number
  readonly failed?: GapReason
}

/**
 * Follows the links of a process's file descriptors, proc_pid_fd(5), as long as the reader wants more.
 *
 * @param path the directory /proc/PID/fd
 * @param see is given what each link reads, and the descriptor's number; false where that is enough
 * @throws {Error} of opendir(3)
 */
export function followFds(path: string, most: number, see: (target: string, fd: string) => boolean): Followed {
  const directory = opendirSync(path, { bufferSize: ENTRIES_AT_ONCE })
  try {
    let looked = 0
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (looked === most) return { looked, failed: 'too-large' }
      looked++
      const { name } = entry
      const target = attempt(() => readlinkSync(`${path}/${name}`))
      // Whoever may list a process's descriptors need not be allowed to follow them: ptrace(2) access is another right.
      if (isFailure(target) && target.failed === 'denied') return { looked, failed: 'denied' }
      // A descriptor may be closed while we look.
      if (!isFailure(target) && !see(target, name)) return { looked, failed: 'too-large' }
    }
    return { looked }
  } finally {
    directory.closeSync()
  }
}

/** Reads the inode of a descriptor's link such as `socket:[4242]`; 0 where it is another file. */
export function socketInodeOf(target: string): number {
  return target.startsWith('socket:[') ? Number(target.slice('socket:['.length, -1)) : 0
}
