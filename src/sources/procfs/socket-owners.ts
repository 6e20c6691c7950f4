import type { SocketHolder, SocketSuspect } from '../listener-source.ts'
import { FdScans, type Holding } from './fd-scans.ts'
import { holdsSocket } from './open-sockets.ts'
import type { Reader } from './visit.ts'

/** What one look may cost: the first one reads all, later ones what is new, and of the rest a part. */
const FIRST_BUDGET_MS = 5000
const BUDGET_MS = 100
const TURN_MS = 5

/** A socket whose owners are looked for. */
export interface WantedSocket {
  readonly socketInode: number
  readonly netInode: number
}

/** What is known of who holds sockets. */
export interface Owners {
  readonly holdersOf: (socketInode: number) => readonly SocketHolder[]
  /** Sockets of which no holder is known, while not everybody was asked. */
  readonly unfinished: ReadonlySet<number>
  /** Processes whose descriptors could not be read, or not all. */
  readonly failed: ReturnType<FdScans['listFailed']>
}

/** How far the search for a socket's owners is: under way since a moment, or over, with somebody found or nobody. */
type Search = { readonly since: number } | { readonly found: boolean }

/**
 * Finds who holds sockets. To read every process's descriptors is what is dear: who is in the net namespace of a socket
 * that is new is asked first, and everybody else only while nobody is found. A socket that nobody holds, such as one of
 * the kernel's own, is looked for once.
 */
export class SocketOwners {
  readonly #root: string
  readonly #now: () => number
  readonly #scans: FdScans
  #searches: ReadonlyMap<number, Search> = new Map()
  #holdings: ReadonlyMap<number, readonly Holding[]> = new Map()
  #isFirst = true

  /** @param now milliseconds that never go back */
  constructor(reader: Reader, now: () => number) {
    this.#root = reader.root
    this.#now = now
    this.#scans = new FdScans(reader, now)
  }

  /** Begins a look at these processes, and forgets all others. */
  begin(suspects: readonly SocketSuspect[]): void {
    this.#scans.begin(suspects)
    this.#holdings = this.#scans.listHoldings()
  }

  /** Tells whether a socket is open still: somebody who is known to have held it does. */
  isOpen({ socketInode }: WantedSocket): boolean {
    const holdings = this.#holdings.get(socketInode) ?? []
    return holdings.some(({ suspect, fd }) => holdsSocket(this.#root, suspect.pid, fd, socketInode))
  }

  /** Finds the holders of these sockets, which are all that there are. */
  find(sockets: readonly WantedSocket[]): Owners {
    const startedAt = this.#now()
    const held = sockets.filter(({ socketInode }) => socketInode > 0)
    const wanted = new Set(held.map(({ socketInode }) => socketInode))
    const searches = new Map(held.map(({ socketInode }) => [socketInode, this.#searchOf(socketInode, startedAt)]))
    const open = held.flatMap((socket) => {
      const search = searches.get(socket.socketInode)
      return search !== undefined && 'since' in search ? [{ ...socket, since: search.since }] : []
    })
    this.#scans.want(wanted, startedAt + (this.#isFirst ? FIRST_BUDGET_MS : BUDGET_MS))
    this.#isFirst = false
    const unfinished = this.#search(open)
    this.#scans.turn(new Set(held.map(({ netInode }) => netInode)), TURN_MS)
    this.#holdings = this.#scans.listHoldings()

    for (const { socketInode } of open)
      if (!unfinished.has(socketInode)) searches.set(socketInode, { found: this.#holdings.has(socketInode) })
    this.#searches = searches
    return {
      holdersOf: (socketInode) => (this.#holdings.get(socketInode) ?? []).map(({ suspect }) => holderOf(suspect)),
      unfinished: new Set([...unfinished].filter((inode) => !this.#holdings.has(inode))),
      failed: this.#scans.listFailed(),
    }
  }

  /** Whoever held a socket may have given it away before ending: it is looked for again. */
  #searchOf(socketInode: number, now: number): Search {
    const before = this.#searches.get(socketInode)
    const isLost = before !== undefined && 'found' in before && before.found && !this.#holdings.has(socketInode)
    return before === undefined || isLost ? { since: now } : before
  }

  /** Gives those for which there was no time to ask everybody. */
  #search(open: readonly (WantedSocket & { readonly since: number })[]): ReadonlySet<number> {
    const byNet = Map.groupBy(open, ({ netInode }) => netInode)
    const latest = (sockets: readonly { readonly since: number }[]) =>
      Math.max(...new Set(sockets.map(({ since }) => since)))
    const unasked = [...byNet].flatMap(([netInode, sockets]) => {
      const isDone = this.#scans.readAll((suspect) => suspect.netInode === netInode, latest(sockets))
      return isDone ? [] : sockets
    })
    const holdings = this.#scans.listHoldings()
    const ownerless = open.filter((socket) => !holdings.has(socket.socketInode) && !unasked.includes(socket))
    if (ownerless.length === 0 || this.#scans.readAll(() => true, latest(ownerless))) {
      return new Set(unasked.map(({ socketInode }) => socketInode))
    }
    return new Set([...unasked, ...ownerless].map(({ socketInode }) => socketInode))
  }
}

function holderOf({ pid, startTime, comm, containerId }: SocketSuspect): SocketHolder {
  return { pid, startTime, comm, containerId }
}
