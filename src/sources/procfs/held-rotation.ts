import type { Gap } from '../../model/gap.ts'
import type { HeldReport, Holders, TaskId } from '../source.ts'
import type { HostPlaces } from './compare-mounts.ts'
import { type Holding, readHolding } from './held.ts'
import { takeTurns } from './take-turns.ts'
import type { Reader } from './visit.ts'

/** An answer is read again when it is older than this; docs/rules/held-host-namespace.md names the bound. */
const FRESH_MS = 30_000

/** What is older than this, for want of time, is a gap. */
const STALE_MS = 60_000

/** What one look may cost: the first one reads all, later ones a part. */
const FIRST_BUDGET_MS = 1000
const BUDGET_MS = 50

/** File descriptors of one container that one look reads: no container keeps another out of sight. */
const CONTAINER_FDS_MAX = 65_536

const NOTHING: Holding = { open: [], sockets: [], looked: 0 }

interface Known extends Holding {
  readonly readAt: number
}

/** A process in its turn. */
interface Turn {
  readonly holders: Holders
  readonly task: TaskId
}

/** Reads containers' processes in turn, within a budget, and again at every look those that hold something. */
export class HeldRotation {
  readonly #reader: Reader
  readonly #now: () => number
  #known: ReadonlyMap<string, Known> = new Map()

  /** @param now milliseconds that never go back */
  constructor(reader: Reader, now: () => number = () => performance.now()) {
    this.#reader = reader
    this.#now = now
  }

  /** @param hostRoot where the host's root is; null where that is not known */
  read(holders: readonly Holders[], hostRoot: HostPlaces['root'] = null): HeldReport {
    const known = this.#carryOver(holders)
    const deadline = this.#now() + (this.#known.size === 0 ? FIRST_BUDGET_MS : BUDGET_MS)
    const looked = new Map<string, number>()
    for (const { holders: own, task } of this.#turns(holders, known)) {
      if (this.#now() > deadline) break
      const { containerId, foreignSockets, tasks } = own
      const sofar = looked.get(containerId) ?? 0
      if (sofar > CONTAINER_FDS_MAX) continue
      const mounts = task === tasks[0] ? { hostRoot } : null
      // Gone: an answer without anything, which goes with the process.
      const holding = readHolding(this.#reader, task, { foreignSockets, mounts }) ?? NOTHING
      looked.set(containerId, sofar + holding.looked)
      known.set(keyOf(task), { ...holding, readAt: this.#now() })
    }
    this.#known = known
    return {
      open: byPid(holders, known, ({ open }) => open),
      sockets: byPid(holders, known, ({ sockets }) => sockets),
      gaps: holders.flatMap((holder) => this.#gapOf(holder, known) ?? []),
    }
  }

  #carryOver(holders: readonly Holders[]): Map<string, Known> {
    const known = new Map<string, Known>()
    for (const key of holders.flatMap(({ tasks }) => tasks.map(keyOf))) {
      const before = this.#known.get(key)
      if (before !== undefined) known.set(key, before)
    }
    return known
  }

  /** Each container's next process before any container's second one; those never read, and then the oldest answers, first. */
  *#turns(holders: readonly Holders[], known: ReadonlyMap<string, Known>): Generator<Turn> {
    const queues = holders.map((own) => {
      const due = own.tasks.filter((task) => this.#isDue(known.get(keyOf(task))))
      const sorted = due.toSorted((a, b) => readAtOf(known, a) - readAtOf(known, b))
      return sorted.map((task) => ({ holders: own, task }))
    })
    yield* takeTurns(queues)
  }

  #isDue(known: Known | undefined): boolean {
    const holds = known !== undefined && known.open.length + known.sockets.length > 0
    return known === undefined || holds || this.#now() - known.readAt > FRESH_MS
  }

  #gapOf({ containerId, tasks }: Holders, known: ReadonlyMap<string, Known>): Gap | null {
    const answers = tasks.map((task) => known.get(keyOf(task)))
    const unread = answers.filter((answer) => answer === undefined || this.#now() - answer.readAt > STALE_MS)
    const failed = answers.find((answer) => answer?.failed !== undefined)?.failed
    const subject = `open namespaces of container ${containerId}`
    const affects = [containerId]
    if (unread.length > 0) {
      const detail = 'there was no time to look at the file descriptors of all its processes'
      return { source: 'procfs', subject, reason: 'timeout', affects, detail }
    }
    return failed === undefined ? null : { source: 'procfs', subject, reason: failed, affects }
  }
}

function byPid<Item>(
  holders: readonly Holders[],
  known: ReadonlyMap<string, Known>,
  select: (holding: Holding) => readonly Item[],
): ReadonlyMap<number, readonly Item[]> {
  const tasks = holders.flatMap((holder) => holder.tasks)
  return new Map(tasks.map((task) => [task.pid, select(known.get(keyOf(task)) ?? NOTHING)]))
}

function keyOf({ pid, startTime }: TaskId): string {
  return `${pid}/${startTime}`
}

function readAtOf(known: ReadonlyMap<string, Known>, task: TaskId): number {
  return known.get(keyOf(task))?.readAt ?? Number.NEGATIVE_INFINITY
}
