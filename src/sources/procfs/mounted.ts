import type { GapReason } from '../../model/gap.ts'
import type { NamespaceKind } from '../../model/namespace.ts'
import type { OpenNamespace, TaskId } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { namespaceOf } from './held.ts'
import { parseMountinfo } from './mountinfo.ts'
import { readWhole } from './read-whole.ts'
import { type Reader, visit } from './visit.ts'

/** What is mounted where seldom changes, and a node of many pods has thousands of mounts. */
const FRESH_MS = 30_000

/** A path that is not there is looked for anew after this, less than passes between two looks of an agent. */
const MISSING_MS = 250

const MOUNTINFO_MAX_BYTES = 8 << 20

interface Answer {
  readonly readAt: number
  readonly mounted: readonly OpenNamespace[]
}

/**
 * Reads which namespaces are mounted where on the node. It compares texts of mountinfo and opens no path: whoever
 * declares one could name a file system that never answers.
 */
export class MountedReader {
  readonly #reader: Reader
  readonly #now: () => number
  #answer: Answer | undefined

  /** @param now milliseconds that never go back */
  constructor(reader: Reader, now: () => number = () => performance.now()) {
    this.#reader = reader
    this.#now = now
  }

  /**
   * Tells which namespace of a kind is mounted at a path, as it was at most 30 s ago, or why nobody can say.
   *
   * @param host a process in the host's mnt namespace
   */
  read(host: TaskId, kind: NamespaceKind, path: string): number | GapReason {
    const age = this.#now() - (this.#answer?.readAt ?? Number.NEGATIVE_INFINITY)
    const known = age < FRESH_MS ? this.#find(kind, path) : undefined
    if (known !== undefined) return known
    const failed = age < MISSING_MS ? null : this.#readAnew(host)
    return failed ?? this.#find(kind, path) ?? 'missing'
  }

  /** Where several are mounted on each other, the last one counts. */
  #find(kind: NamespaceKind, path: string): number | undefined {
    // As every system that these runtimes run on links it.
    const place = path.replace(/^\/var\/run\//, '/run/')
    return this.#answer?.mounted.findLast(({ kind: of, mountPoint }) => of === kind && mountPoint === place)?.inode
  }

  #readAnew(host: TaskId): GapReason | null {
    const mounted = attempt(() =>
      visit(this.#reader, host, (directory) => listMounted(readWhole(`${directory}/mountinfo`, MOUNTINFO_MAX_BYTES))),
    )
    if (mounted === null) return 'gone'
    if (isFailure(mounted)) return mounted.failed
    this.#answer = { readAt: this.#now(), mounted }
    return null
  }
}

function listMounted(text: string): OpenNamespace[] {
  return parseMountinfo(text).flatMap(({ type, root, mountPoint }) => {
    const namespace = type === 'nsfs' ? namespaceOf(root) : null
    return namespace === null ? [] : [{ ...namespace, mountPoint }]
  })
}
