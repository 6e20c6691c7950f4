import { existsSync } from 'node:fs'
import type { NetSpace } from '../listener-source.ts'
import { attempt, type Failure, isFailure } from './attempt.ts'
import { inside } from './inside.ts'
import { type BoundSocket, readTables, type Table } from './listener-tables.ts'
import { readLines } from './read-lines.ts'
import { parseSockstat, type SocketCounts } from './sockstat.ts'

/** Tables are read again, in turn, when they are older: a close and an open in between leave the counts as they were. */
const FRESH_MS = 60_000

/** So many listeners are asked one by one whether they are open still; more are sooner read again. */
const ASKED_MAX = 64

/** Who may have ended by now is not asked alone. */
const TASKS_ASKED = 3

/** What is known of one net namespace; times are of the clock that never goes back. */
export interface Space {
  readonly tables: readonly Table[]
  readonly readAt: number
  /** When the tables were last known to be as they are. */
  readonly checkedAt: number
  /** Protocols whose sockets are in use here, and are not listed. */
  readonly unlisted: readonly ('SCTP' | 'UDP-Lite')[]
}

/** What a look at one net namespace needs to know. */
export interface SpaceLook {
  readonly root: string
  readonly readFile: (path: string) => string
  readonly now: () => number
  /** Whether there is time to read tables that changed. */
  readonly hasTime: () => boolean
  /** Reads tables in their turn; undefined where no time for that is left. */
  readonly inTurn: <Value>(read: () => Value) => Value | undefined
  /** Whether a table's sockets have to be seen again, whatever the counts say. */
  readonly isPending: (table: Table) => boolean
  readonly isOpen: (socket: BoundSocket) => boolean
}

/**
 * Reads one net namespace by the first of its tasks that is there, where counts or descriptors tell that it may have
 * changed, or its turn has come; null when it is gone with its tasks.
 */
export function readSpace(space: NetSpace, before: Space | undefined, look: SpaceLook): Space | Failure | null {
  let last: Failure | null = null
  for (const { pid, tid } of space.tasks.slice(0, TASKS_ASKED)) {
    const directory = `${look.root}/${pid}${tid === pid ? '' : `/task/${tid}`}`
    const read = attempt(() => inside(directory, space.inode, () => readNet(`${directory}/net`, space, before, look)))
    if (!isFailure(read)) return read
    last = read
    if (read.failed !== 'gone') break
  }
  return last?.failed === 'gone' ? null : last
}

function readNet(
  directory: string,
  { inode: netInode, isHost }: NetSpace,
  before: Space | undefined,
  look: SpaceLook,
): Space | Failure {
  const counts = readCounts(directory, look.readFile)
  const unlisted = unlistedOf(directory, counts)
  if (!isHost && !look.hasTime()) {
    return before === undefined ? { failed: 'timeout', detail: 'no time was left to read it' } : { ...before, unlisted }
  }
  const known = before?.tables ?? []
  const readWhere = (isSame: (table: Table) => boolean) => readTables({ directory, netInode }, counts, known, isSame)
  const isOld = before !== undefined && look.now() - before.readAt > FRESH_MS
  const again = isOld ? look.inTurn(() => readWhere(() => false)) : undefined
  const tables = again ?? readWhere((table) => isAsBefore(table, look))
  const checkedAt = look.now()
  const isSame = before !== undefined && tables.every((table) => known.includes(table))
  return { tables, unlisted, checkedAt, readAt: isSame ? before.readAt : checkedAt }
}

/** A table with as many sockets as before: all that listened then do so still, as far as their descriptors tell. */
function isAsBefore(table: Table, { isPending, isOpen }: SpaceLook): boolean {
  return table.sockets.length <= ASKED_MAX && !isPending(table) && table.sockets.every(isOpen)
}

/** A kernel without IPv6 has no sockstat6. */
function readCounts(directory: string, readFile: (path: string) => string): SocketCounts {
  const ipv6 = attempt(() => readFile(`${directory}/sockstat6`))
  return parseSockstat(`${readFile(`${directory}/sockstat`)}${isFailure(ipv6) ? '' : ipv6}`)
}

function unlistedOf(directory: string, counts: SocketCounts): Space['unlisted'] {
  const lite = counts.UDPLITE + counts.UDPLITE6 > 0 ? ['UDP-Lite' as const] : []
  return isSctpInUse(directory) ? ['SCTP', ...lite] : lite
}

/** The table is there once the kernel's module is loaded; its first line is its head. */
function isSctpInUse(directory: string): boolean {
  const table = `${directory}/sctp/eps`
  return existsSync(table) && [...readLines(table)].length > 1
}
