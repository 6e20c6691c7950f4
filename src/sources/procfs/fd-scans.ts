import type { SocketSuspect } from '../listener-source.ts'
import { type OpenSockets, readOpenSockets } from './open-sockets.ts'
import { takeTurns } from './take-turns.ts'
import type { Reader } from './visit.ts'

/** A process's descriptors are read again, in turn, when they are older: it may have been given a socket since. */
const FRESH_MS = 300_000

/** File descriptors of one container that one look reads: no container keeps another out of sight. */
const CONTAINER_FDS_MAX = 262_144

interface Scan extends OpenSockets {
  readonly suspect: SocketSuspect
  readonly readAt: number
}

/** Somebody's descriptor of a socket. */
export interface Holding {
  readonly suspect: SocketSuspect
  readonly fd: string
}

/** Remembers of each process which of the wanted sockets its descriptors held when they were read last. */
export class FdScans {
  readonly #reader: Reader
  readonly #now: () => number
  #suspects: readonly SocketSuspect[] = []
  #scans = new Map<string, Scan>()
  #wanted: ReadonlySet<number> = new Set()
  #deadline = 0
  #looked = new Map<string | null, number>()

  constructor(reader: Reader, now: () => number) {
    this.#reader = reader
    this.#now = now
  }

  /** Begins a look at these processes, and forgets all others. */
  begin(suspects: readonly SocketSuspect[]): void {
    const scans = new Map<string, Scan>()
    for (const suspect of suspects) {
      const before = this.#scans.get(keyOf(suspect))
      if (before !== undefined) scans.set(keyOf(suspect), { ...before, suspect })
    }
    this.#suspects = suspects
    this.#scans = scans
  }

  /** Says which sockets to look for, and until when. */
  want(sockets: ReadonlySet<number>, deadline: number): void {
    this.#wanted = sockets
    this.#deadline = deadline
    this.#looked = new Map()
  }

  /** Reads those processes that were not read since, each container's next one in turn; false where the time ends before. */
  readAll(isMeant: (suspect: SocketSuspect) => boolean, since: number): boolean {
    const due = this.#suspects.filter((suspect) => isMeant(suspect) && this.#readAtOf(suspect) < since)
    return this.#readInTurns(due, this.#deadline)
  }

  /** Reads again, of those in these net namespaces, who was never or not lately read. */
  turn(netInodes: ReadonlySet<number>, budgetMs: number): void {
    const now = this.#now()
    const isDue = (suspect: SocketSuspect) => now - this.#readAtOf(suspect) > FRESH_MS
    const due = this.#suspects.filter((suspect) => netInodes.has(suspect.netInode ?? 0) && isDue(suspect))
    this.#readInTurns(
      due.toSorted((a, b) => this.#readAtOf(a) - this.#readAtOf(b)),
      now + budgetMs,
    )
  }

  /** Lists by inode who holds the wanted sockets. */
  listHoldings(): ReadonlyMap<number, readonly Holding[]> {
    const holdings = new Map<number, Holding[]>()
    for (const { suspect, fds } of this.#scans.values()) {
      for (const [inode, fd] of fds) {
        const others = holdings.get(inode)
        if (others === undefined) holdings.set(inode, [{ suspect, fd }])
        else others.push({ suspect, fd })
      }
    }
    return holdings
  }

  /** Lists the processes whose descriptors could not be read, or not all. */
  listFailed(): { readonly suspect: SocketSuspect; readonly reason: NonNullable<OpenSockets['failed']> }[] {
    return [...this.#scans.values()].flatMap(({ suspect, failed }) =>
      failed === undefined ? [] : [{ suspect, reason: failed }],
    )
  }

  #readInTurns(suspects: readonly SocketSuspect[], deadline: number): boolean {
    const queues = [...Map.groupBy(suspects, ({ containerId }) => containerId).values()]
    let isAll = true
    for (const suspect of takeTurns(queues)) {
      if (this.#now() > deadline) return false
      if (!this.#read(suspect)) isAll = false
    }
    return isAll
  }

  /** False where the suspect's container has had its share. */
  #read(suspect: SocketSuspect): boolean {
    const { containerId } = suspect
    const sofar = this.#looked.get(containerId) ?? 0
    if (containerId !== null && sofar > CONTAINER_FDS_MAX) return false
    // Gone: an answer without anything, which goes with the process.
    const read = readOpenSockets(this.#reader, suspect, this.#wanted) ?? { fds: new Map<number, string>(), looked: 0 }
    this.#looked.set(containerId, sofar + read.looked)
    this.#scans.set(keyOf(suspect), { ...read, suspect, readAt: this.#now() })
    return true
  }

  #readAtOf(suspect: SocketSuspect): number {
    return this.#scans.get(keyOf(suspect))?.readAt ?? Number.NEGATIVE_INFINITY
  }
}

function keyOf({ pid, startTime }: SocketSuspect): string {
  return `${pid}/${startTime}`
}
