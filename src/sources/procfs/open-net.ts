import { closeSync, fstatSync, openSync } from 'node:fs'
import { createFileReader } from './read-file.ts'
import { parseStat } from './stat.ts'

/** A task and the net namespace that it was seen in. */
export interface NetMember {
  readonly pid: number
  readonly startTime: number
  readonly inode: number
}

/**
 * Opens the net namespace of a process, and makes sure that it is the one that was meant: the namespace is checked on
 * the descriptor itself, and the process that has the number afterwards had it before.
 *
 * @returns a descriptor, which is the caller's to close
 * @throws {Error} with the code `ESRCH` when the process is gone or elsewhere, or that of open(2)
 */
export function openNet(procRoot: string, { pid, startTime, inode }: NetMember): number {
  const fd = openSync(`${procRoot}/${pid}/ns/net`, 'r')
  try {
    const isSame = parseStat(createFileReader()(`${procRoot}/${pid}/stat`)).startTime === startTime
    if (isSame && fstatSync(fd).ino === inode) return fd
    throw Object.assign(new Error(`pid ${pid} is gone, or in another net namespace`), { code: 'ESRCH' })
  } catch (error) {
    closeSync(fd)
    throw error
  }
}
