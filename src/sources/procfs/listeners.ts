import type { Gap } from '../../model/gap.ts'
import type { ListenerReport, ListenerSource, ListeningSocket, NetSpace, SocketSuspect } from '../listener-source.ts'
import { isFailure } from './attempt.ts'
import { EphemeralUdp } from './ephemeral.ts'
import { familyGaps, ownerGaps, unlistedGap, unreadGap } from './listener-gaps.ts'
import type { BoundSocket } from './listener-tables.ts'
import { readSpace, type Space, type SpaceLook } from './net-space.ts'
import { type Owners, SocketOwners } from './socket-owners.ts'
import { V6Only } from './v6only.ts'
import type { Reader } from './visit.ts'

/** What one look may spend on tables of containers' net namespaces: the first one reads all. */
const FIRST_BUDGET_MS = 5000
const BUDGET_MS = 50

/** What one look may spend on tables that look as they were. */
const TURN_MS = 10

/** A net namespace that changed is read within this, or there is a gap. */
const STALE_MS = 120_000

const NOBODY = 'no process in it is open to us'

/** Reads listeners from procfs, and remembers of each net namespace what need not be read again. */
export class ProcfsListeners implements ListenerSource {
  readonly #reader: Reader
  readonly #now: () => number
  readonly #owners: SocketOwners
  readonly #ephemeral: EphemeralUdp
  readonly #v6only: V6Only
  #known: ReadonlyMap<number, Space> = new Map()

  /** @param now milliseconds that never go back */
  constructor(reader: Reader, now: () => number = () => performance.now()) {
    this.#reader = reader
    this.#now = now
    this.#owners = new SocketOwners(reader, now)
    this.#ephemeral = new EphemeralUdp(reader.root, reader.readFile)
    this.#v6only = new V6Only(reader.root, now)
  }

  read(spaces: readonly NetSpace[], suspects: readonly SocketSuspect[], ownInode: number | undefined): ListenerReport {
    this.#owners.begin(suspects)
    this.#ephemeral.begin(ownInode)
    const look = this.#beginLook()
    const known = new Map<number, Space>()
    const gaps: Gap[] = []
    const found: BoundSocket[] = []
    for (const space of this.#inOrder(spaces)) {
      const before = this.#known.get(space.inode)
      const read = readSpace(space, before, look)
      if (read === null || isFailure(read)) {
        if (read !== null || space.isHost) gaps.push(unreadGap(space, read?.failed ?? 'denied', read?.detail ?? NOBODY))
        continue
      }
      known.set(space.inode, read)
      gaps.push(...this.#gapsOf(space, read))
      for (const table of read.tables) {
        found.push(...this.#ephemeral.serversOf(table, before?.tables.includes(table) !== true))
      }
    }
    this.#known = known
    const sockets = this.#v6only.tell(found, spaces, ownInode)
    const owners = this.#owners.find(sockets)
    return {
      sockets: sockets.map((socket) => listeningOf(socket, owners)),
      unread: spaces.flatMap(({ inode }) => (known.has(inode) ? [] : [inode])),
      gaps: [...gaps, ...ownerGaps(sockets, owners, spaces), ...familyGaps(this.#v6only.failure)],
    }
  }

  #beginLook(): SpaceLook {
    const deadline = this.#now() + (this.#known.size === 0 ? FIRST_BUDGET_MS : BUDGET_MS)
    let leftMs = TURN_MS
    return {
      ...this.#reader,
      now: this.#now,
      hasTime: () => this.#now() <= deadline,
      inTurn: (read) => {
        if (leftMs <= 0) return
        const startedAt = this.#now()
        const value = read()
        leftMs -= this.#now() - startedAt
        return value
      },
      isPending: (table) => this.#ephemeral.isPending(table),
      isOpen: (socket) => this.#owners.isOpen(socket),
    }
  }

  /** The node's own first; then those never read, and those whose turn is longest ago. */
  #inOrder(spaces: readonly NetSpace[]): NetSpace[] {
    const ageOf = ({ inode, isHost }: NetSpace) => (isHost ? -1 : (this.#known.get(inode)?.checkedAt ?? 0))
    return spaces.toSorted((a, b) => ageOf(a) - ageOf(b))
  }

  #gapsOf(space: NetSpace, { checkedAt, unlisted }: Space): Gap[] {
    const isLate = this.#now() - checkedAt > STALE_MS
    const late = isLate ? [unreadGap(space, 'timeout', 'there was no time to read its sockets again')] : []
    return [...late, ...unlisted.map((protocol) => unlistedGap(space, protocol))]
  }
}

function listeningOf({ uid: _, ...socket }: BoundSocket, { holdersOf }: Owners): ListeningSocket {
  return { ...socket, holders: holdersOf(socket.socketInode) }
}
