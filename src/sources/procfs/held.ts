import { NAMESPACE_KINDS } from '../../model/namespace.ts'
import type { OpenNamespace, TaskId } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { type HostPlaces, hasHostRoot } from './compare-mounts.ts'
import { type Followed, followFds, socketInodeOf } from './fds.ts'
import { parseMountinfo } from './mountinfo.ts'
import { parseLink } from './namespaces.ts'
import { readWhole } from './read-whole.ts'
import { type Reader, visit } from './visit.ts'

/** Bounds what one process can make us read and keep. */
const FDS_MAX = 16_384
const KEPT_MAX = 64
const MOUNTINFO_MAX_BYTES = 1 << 20
const PATH_MAX = 256

/** What one process holds open of namespaces. */
export interface Holding extends Followed {
  readonly open: readonly OpenNamespace[]
  /** Inodes of those sockets that were asked for. */
  readonly sockets: readonly number[]
}

/** What is asked of a process. */
export interface Asked {
  /** Sockets to look for among its descriptors, by inode. */
  readonly foreignSockets: ReadonlySet<number>
  /** Null to ask for descriptors alone. */
  readonly mounts: AskedMounts | null
}

/** What is asked of a process's mounts. */
export interface AskedMounts {
  /** Where the host's root is: a process that has that one is yet to be given its own, and all of the host's mounts with it. */
  readonly hostRoot: HostPlaces['root']
}

/**
 * Reads which namespaces a process keeps open: by its file descriptors, whose links read `net:[4026531840]`, and, where
 * asked, by what is mounted in its mnt namespace, proc_pid_fd(5) and proc_pid_mountinfo(5).
 *
 * @returns null when it is gone
 */
export function readHolding(reader: Reader, task: TaskId, { foreignSockets, mounts }: Asked): Holding | null {
  const read = attempt(() =>
    visit(reader, task, (directory) => {
      const byFd = listFds(`${directory}/fd`, foreignSockets)
      if (mounts === null) return byFd
      const mounted = attempt(() => listMounts(`${directory}/mountinfo`, mounts))
      if (isFailure(mounted)) return mounted.failed === 'gone' ? byFd : { ...byFd, failed: mounted.failed }
      return { ...byFd, open: [...byFd.open, ...mounted].slice(0, 2 * KEPT_MAX) }
    }),
  )
  if (!isFailure(read)) return read
  return read.failed === 'gone' ? null : { open: [], sockets: [], looked: 0, failed: read.failed }
}

function listFds(path: string, foreignSockets: ReadonlySet<number>): Holding {
  const open: OpenNamespace[] = []
  const sockets = new Set<number>()
  const followed = followFds(path, FDS_MAX, (target) => {
    const namespace = namespaceOf(target)
    if (namespace !== null) open.push({ ...namespace, mountPoint: null })
    const socket = socketInodeOf(target)
    if (foreignSockets.has(socket)) sockets.add(socket)
    return open.length < KEPT_MAX && sockets.size < KEPT_MAX
  })
  return { open, sockets: [...sockets], ...followed }
}

function listMounts(path: string, { hostRoot }: AskedMounts): OpenNamespace[] {
  const all = parseMountinfo(readWhole(path, MOUNTINFO_MAX_BYTES))
  const mounts = all.filter(({ type }) => type === 'nsfs')
  // Told by the same text as the mounts: between two reads a runtime changes the root.
  if (mounts.length === 0 || hasHostRoot(all, hostRoot)) return []
  return mounts.slice(0, KEPT_MAX).flatMap(({ root, mountPoint }) => {
    const namespace = namespaceOf(root)
    return namespace === null ? [] : [{ ...namespace, mountPoint: mountPoint.slice(0, PATH_MAX) }]
  })
}

/** Reads what an nsfs file calls itself; null where it is another file. */
export function namespaceOf(target: string): Pick<OpenNamespace, 'kind' | 'inode'> | null {
  const kind = NAMESPACE_KINDS.find((name) => target.startsWith(`${name}:[`))
  if (kind === undefined) return null
  const inode = attempt(() => parseLink(kind, target))
  return isFailure(inode) ? null : { kind, inode }
}
