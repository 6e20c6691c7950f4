import type { NetSpace } from '../listener-source.ts'
import { attempt, type Failure, isFailure } from './attempt.ts'
import { inside } from './inside.ts'
import type { BoundSocket } from './listener-tables.ts'
import { parseV6Only, runSs } from './ss.ts'

/** Net namespaces in which one look asks, the host's before others. */
const SPACES_AT_ONCE = 4

/** After a failure nobody is asked for as long: a look waits for the answer. */
const PAUSE_MS = 60_000

/**
 * Tells which listeners on `::` take IPv4 too. No file of procfs says whether IPV6_V6ONLY is set, ipv6(7), and ss(8) does,
 * by sock_diag(7). It cannot be changed once a socket is bound, so each socket is asked for once.
 */
export class V6Only {
  readonly #root: string
  readonly #now: () => number
  readonly #run: typeof runSs
  /** By inode; null where ss did not know it. */
  #known: ReadonlyMap<number, boolean | null> = new Map()
  #failure: (Failure & { readonly until: number }) | null = null

  constructor(root: string, now: () => number, run = runSs) {
    this.#root = root
    this.#now = now
    this.#run = run
  }

  /** Why nobody was asked; null where somebody was, or nothing had to be. */
  get failure(): Failure | null {
    return this.#failure
  }

  /** Gives the sockets with their families, those of which nothing is known as they are. */
  tell(
    sockets: readonly BoundSocket[],
    spaces: readonly NetSpace[],
    ownInode: number | undefined,
  ): readonly BoundSocket[] {
    const asked = sockets.filter(({ family, socketInode }) => family === 'unknown' && socketInode > 0)
    const known = this.#knownOf(asked)
    const open = Map.groupBy(
      asked.filter(({ socketInode }) => !known.has(socketInode)),
      ({ netInode }) => netInode,
    )
    if (open.size === 0) this.#failure = null
    for (const space of spaces.filter(({ inode }) => open.has(inode)).slice(0, SPACES_AT_ONCE)) {
      const answers = this.#ask(space, space.inode === ownInode)
      if (answers === null) continue
      for (const { socketInode } of open.get(space.inode) ?? [])
        known.set(socketInode, answers.get(socketInode) ?? null)
    }
    this.#known = known
    return asked.length === 0 ? sockets : sockets.map((socket) => withFamily(socket, known))
  }

  #knownOf(asked: readonly BoundSocket[]): Map<number, boolean | null> {
    return new Map(
      asked.flatMap(({ socketInode }): [number, boolean | null][] => {
        const answer = this.#known.get(socketInode)
        return answer === undefined ? [] : [[socketInode, answer]]
      }),
    )
  }

  #ask({ inode, tasks: [task] }: NetSpace, isOwn: boolean): ReadonlyMap<number, boolean> | null {
    if (task === undefined || (this.#failure !== null && this.#now() < this.#failure.until)) return null
    const directory = `${this.#root}/${task.pid}${task.tid === task.pid ? '' : `/task/${task.tid}`}`
    const text = attempt(() => inside(directory, inode, () => this.#run(isOwn ? null : `${directory}/ns/net`)))
    if (!isFailure(text)) {
      this.#failure = null
      return parseV6Only(text)
    }
    // A task that ended says nothing about ss: the next look asks another one.
    if (text.failed !== 'gone') this.#failure = { ...text, until: this.#now() + PAUSE_MS }
    return null
  }
}

function withFamily(socket: BoundSocket, known: ReadonlyMap<number, boolean | null>): BoundSocket {
  const isOnly = known.get(socket.socketInode) ?? null
  if (isOnly === null || socket.family !== 'unknown') return socket
  return { ...socket, family: isOnly ? 'ipv6' : 'dual' }
}
