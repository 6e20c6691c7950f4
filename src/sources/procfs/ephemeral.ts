import { attempt, isFailure } from './attempt.ts'
import type { BoundSocket, Table } from './listener-tables.ts'

/** Where Linux takes ports for whoever asks for none, ip(7), in every net namespace that nobody told otherwise. */
const DEFAULT_RANGE = { from: 32_768, to: 60_999 }

/** At so many looks a socket must be there: most are clients, which are gone by then. */
const LOOKS = 3

interface Range {
  readonly from: number
  readonly to: number
}

/** Tells servers from clients among the UDP sockets in the ephemeral range: by how many looks they outlast. */
export class EphemeralUdp {
  readonly #readRange: () => Range
  #seen: ReadonlyMap<string, number> = new Map()
  #next = new Map<string, number>()
  #own: { readonly inode: number; readonly range: Range } | undefined

  /** @param readFile reads /proc/sys, which is of our own net namespace whatever procfs it is in */
  constructor(root: string, readFile: (path: string) => string) {
    this.#readRange = () => {
      const range = attempt(() => parsePortRange(readFile(`${root}/sys/net/ipv4/ip_local_port_range`)))
      return isFailure(range) ? DEFAULT_RANGE : range
    }
  }

  /** Begins a look; `ownInode` is the net namespace that we are in. */
  begin(ownInode: number | undefined): void {
    this.#seen = this.#next
    this.#next = new Map()
    this.#own = ownInode === undefined ? undefined : { inode: ownInode, range: this.#readRange() }
  }

  /** Counts a table's sockets, those of one that was not read again as before, and gives those that are servers. */
  serversOf(table: Table, isFresh: boolean): readonly BoundSocket[] {
    return table.sockets.filter((socket) => {
      if (!this.#isEphemeral(socket)) return true
      const key = keyOf(socket)
      const looks = Math.min(LOOKS, (this.#seen.get(key) ?? 0) + (isFresh ? 1 : 0))
      this.#next.set(key, looks)
      return looks === LOOKS
    })
  }

  /** Tells whether some of a table's sockets have still to be seen again. */
  isPending(table: Table): boolean {
    return table.sockets.some((socket) => this.#isEphemeral(socket) && this.#seen.get(keyOf(socket)) !== LOOKS)
  }

  #isEphemeral({ protocol, port, netInode }: BoundSocket): boolean {
    if (protocol !== 'udp') return false
    const { from, to } = netInode === this.#own?.inode ? this.#own.range : DEFAULT_RANGE
    return port >= from && port <= to
  }
}

/**
 * Parses the text of /proc/sys/net/ipv4/ip_local_port_range.
 *
 * @throws {SyntaxError} when it is none
 */
export function parsePortRange(text: string): Range {
  const [from = Number.NaN, to = Number.NaN] = text.trim().split(/\s+/).map(Number)
  if (Number.isInteger(from) && Number.isInteger(to) && from <= to) return { from, to }
  throw new SyntaxError('not a range of ports')
}

function keyOf({ netInode, address, port, socketInode }: BoundSocket): string {
  return `${netInode}/${address}/${port}/${socketInode}`
}
