import type { Gap } from '../../model/gap.ts'
import type { HeldReport, Holders, OpenNamespace, TaskId } from '../source.ts'
import type { HostPlaces } from './compare-mounts.ts'
import { type Holding, readHolding } from './held.ts'
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

interface Known extends Holding {
  readonly readAt: number
}

/** A process in its turn. */
interface Turn {
  readonly containerId: string
  readonly task: TaskId
  readonly isMain: boolean
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
    for (const { containerId, task, isMain } of this.#turns(holders, known)) {
      if (this.#now() > deadline) break
      const sofar = looked.get(containerId) ?? 0
      if (sofar > CONTAINER_FDS_MAX) continue
      const holding = readHolding(this.#reader, task, isMain ? { hostRoot } : null)
      // Gone: an answer without anything, which goes with the process.
      const { open, looked: count, ...rest } = holding ?? { open: [], looked: 0 }
      looked.set(containerId, sofar + count)
      known.set(keyOf(task), { open, looked: count, ...rest, readAt: this.#now() })
    }
    this.#known = known
    return { open: openByPid(holders, known), gaps: holders.flatMap((holder) => this.#gapOf(holder, known) ?? []) }
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
    const queues = holders.map(({ containerId, tasks }) => {
      const due = tasks.filter((task) => this.#isDue(known.get(keyOf(task))))
      const sorted = due.toSorted((a, b) => readAtOf(known, a) - readAtOf(known, b))
      return sorted.map((task) => ({ containerId, task, isMain: task === tasks[0] }))
    })
    const longest = Math.max(0, ...queues.map(({ length }) => length))
    for (let round = 0; round < longest; round++) for (const queue of queues) yield* queue.slice(round, round + 1)
  }

  #isDue(known: Known | undefined): boolean {
    return known === undefined || known.open.length > 0 || this.#now() - known.readAt > FRESH_MS
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

function openByPid(
  holders: readonly Holders[],
  known: ReadonlyMap<string, Known>,
): ReadonlyMap<number, readonly OpenNamespace[]> {
  const tasks = holders.flatMap((holder) => holder.tasks)
  return new Map(tasks.map((task) => [task.pid, known.get(keyOf(task))?.open ?? []]))
}

function keyOf({ pid, startTime }: TaskId): string {
  return `${pid}/${startTime}`
}

function readAtOf(known: ReadonlyMap<string, Known>, task: TaskId): number {
  return known.get(keyOf(task))?.readAt ?? Number.NEGATIVE_INFINITY
}
