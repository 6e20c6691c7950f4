import type { GapReason } from '../../model/gap.ts'
import type { HostIpc } from '../../model/host-ipc.ts'
import type { TaskId } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { compareMounts, type HostPlaces, hostPlacesOf } from './compare-mounts.ts'
import { type Mount, parseMountinfo } from './mountinfo.ts'
import { readWhole } from './read-whole.ts'
import { type Reader, visit } from './visit.ts'

/** Mounts seldom change while a container runs: an answer is at most this old. docs/rules/shared-host-shm.md says so. */
const FRESH_MS = 60_000

/** Whoever may mount inside a container may do so 100,000 times (fs.mount-max): no more than this is read. */
const CONTAINER_MAX_BYTES = 1 << 20

/** A node of many pods with many volumes has a long list of its own. */
const HOST_MAX_BYTES = 1 << 24

/** More tasks than any node has containers; then all is read again. */
const KNOWN_MAX = 5_000

interface Known<Value> {
  readonly startTime: number
  readonly readAt: number
  readonly value: Value
}

/** Reads mounts of containers' main tasks, each at its first sight and then once a minute. */
export class HostIpcReader {
  readonly #reader: Reader
  readonly #now: () => number
  readonly #answers = new Map<number, Known<HostIpc | GapReason>>()
  #host: (Known<HostPlaces | GapReason> & { readonly pid: number }) | undefined

  /** @param now milliseconds that never go back */
  constructor(reader: Reader, now: () => number = () => performance.now()) {
    this.#reader = reader
    this.#now = now
  }

  /** @param host a process in the host's mnt namespace */
  read(task: TaskId, host: TaskId): HostIpc | GapReason | null {
    const places = this.#hostPlaces(host)
    if (places === null || typeof places === 'string') return places
    const known = this.#answers.get(task.pid)
    if (this.#isFresh(known, task)) return known.value
    const mounts = this.#readMounts(task, CONTAINER_MAX_BYTES)
    const value = typeof mounts === 'object' && mounts !== null ? compareMounts(places, mounts) : mounts
    if (this.#answers.size >= KNOWN_MAX) this.#answers.clear()
    // A container that is starting is looked at again.
    if (value !== null) this.#answers.set(task.pid, { startTime: task.startTime, readAt: this.#now(), value })
    return value
  }

  /** Where the host's root is; null where its mounts do not tell. */
  readRoot(host: TaskId): HostPlaces['root'] {
    const places = this.#hostPlaces(host)
    return typeof places === 'object' && places !== null ? places.root : null
  }

  /** What was compared with other places is no answer any more. */
  #hostPlaces(host: TaskId): HostPlaces | GapReason | null {
    const known = this.#host
    if (known?.pid === host.pid && this.#isFresh(known, host)) return known.value
    const mounts = this.#readMounts(host, HOST_MAX_BYTES)
    const value = typeof mounts === 'object' && mounts !== null ? hostPlacesOf(mounts) : mounts
    if (value === null) return null
    if (JSON.stringify(value) !== JSON.stringify(known?.value)) this.#answers.clear()
    this.#host = { pid: host.pid, startTime: host.startTime, readAt: this.#now(), value }
    return value
  }

  #isFresh<Value>(known: Known<Value> | undefined, { startTime }: TaskId): known is Known<Value> {
    return known?.startTime === startTime && this.#now() - known.readAt < FRESH_MS
  }

  #readMounts(task: TaskId, maxBytes: number): Mount[] | GapReason | null {
    const mounts = attempt(() =>
      visit(this.#reader, task, (directory) => parseMountinfo(readWhole(`${directory}/mountinfo`, maxBytes))),
    )
    if (!isFailure(mounts)) return mounts
    return mounts.failed === 'gone' ? null : mounts.failed
  }
}
