import { readdirSync, readFileSync, statSync } from 'node:fs'

const LINE = /^\d+: POSIX +ADVISORY +WRITE (?<pid>\d+) [0-9a-f]+:[0-9a-f]+:(?<inode>\d+) /

/** Finds the process that has locked a file, proc_locks(5); null where none is seen from here that is ours to look at. */
export function readLockHolder(path: string): number | null {
  const file = statSync(path)
  const pids = parseLockHolders(readFileSync('/proc/locks', 'utf8'), file.ino)
  // The device that the kernel names there is not always the one that stat(2) gives, as on overlayfs and btrfs.
  return pids.find((pid) => hasOpen(pid, file)) ?? null
}

/** Gives the processes that hold a lock on a file of this inode, on whatever device, in the text of /proc/locks. */
export function parseLockHolders(text: string, inode: number): number[] {
  return text.split('\n').flatMap((line) => {
    const found = LINE.exec(line)?.groups
    return Number(found?.['inode']) === inode ? [Number(found?.['pid'])] : []
  })
}

function hasOpen(pid: number, { dev, ino }: { readonly dev: number; readonly ino: number }): boolean {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).some((fd) => {
      const open = statSync(`${folder}/${fd}`, { throwIfNoEntry: false })
      return open?.dev === dev && open.ino === ino
    })
  } catch {
    // It has ended, or is another user's.
    return false
  }
}
