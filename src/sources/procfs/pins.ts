import type { GapReason } from '../../model/gap.ts'
import type { Pin, TaskId } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { namespaceOf } from './held.ts'
import { parseMountinfo } from './mountinfo.ts'
import { readWhole } from './read-whole.ts'
import { type Reader, visit } from './visit.ts'

/** A node of many pods has thousands of mounts: they are read this often. */
const FRESH_MS = 30_000

const MOUNTINFO_MAX_BYTES = 8 << 20

/** Reads which net namespaces the node's mounts keep alive. */
export class PinReader {
  readonly #reader: Reader
  readonly #now: () => number
  #answer: { readonly readAt: number; readonly pins: readonly Pin[] } | undefined

  /** @param now milliseconds that never go back */
  constructor(reader: Reader, now: () => number = () => performance.now()) {
    this.#reader = reader
    this.#now = now
  }

  /**
   * Lists them as they were at most 30 s ago; one that came since the agent's first look is told of when it was there
   * twice, since a pod that is starting has its net namespace before its first process.
   *
   * @param host a process in the host's mnt namespace
   */
  read(host: TaskId): readonly Pin[] | GapReason {
    const before = this.#answer
    if (before !== undefined && this.#now() - before.readAt < FRESH_MS) return before.pins.filter(isSettled)
    const read = attempt(() =>
      visit(this.#reader, host, (directory) => parsePins(readWhole(`${directory}/mountinfo`, MOUNTINFO_MAX_BYTES))),
    )
    if (read === null) return 'gone'
    if (isFailure(read)) return read.failed
    const known = new Set(before?.pins.map(nameOf) ?? read.map(nameOf))
    const pins = read.map((pin) => ({ ...pin, settled: known.has(nameOf(pin)) }))
    this.#answer = { readAt: this.#now(), pins }
    return pins.filter(isSettled)
  }
}

/**
 * Finds in mountinfo the mounts of net namespaces. Each is told once, by the path that sorts first: /run/netns shows its
 * own twice.
 *
 * @throws {SyntaxError} when the text is none
 */
export function parsePins(text: string): Pin[] {
  const mounts = parseMountinfo(text).filter(({ type }) => type === 'nsfs')
  const pins = mounts.flatMap(({ root, mountPoint }) => {
    const namespace = namespaceOf(root)
    return namespace?.kind === 'net' ? [{ inode: namespace.inode, path: mountPoint, settled: true }] : []
  })
  const first = new Map(pins.toSorted((a, b) => (a.path < b.path ? 1 : -1)).map((pin) => [pin.inode, pin]))
  return [...first.values()].toReversed()
}

function isSettled({ settled }: Pin): boolean {
  return settled
}

function nameOf({ inode, path }: Pin): string {
  return `${inode} ${path}`
}
