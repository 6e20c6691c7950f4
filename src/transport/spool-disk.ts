import type { Gap } from '../model/gap.ts'
import type { TransportLog } from './log.ts'
import type { MemorySpool } from './memory-spool.ts'
import type { SpoolFile } from './spool-file.ts'
import type { LoadedSpool } from './spool-load.ts'
import { SpoolPlace } from './spool-place.ts'
import type { SpoolHead } from './spool-schema.ts'
import { isPassing, reasonOf, SpoolError } from './spool-trouble.ts'

/** Beyond so many changed rows the state is written as a whole. */
const MAX_NOTED_ROWS = 10_000

/** What of a spool is durable, on a disk that may fail, be full or be taken away, and come back. */
export class SpoolDisk {
  readonly #place: SpoolPlace
  readonly #log: TransportLog
  #file: SpoolFile | null = null
  #gap: Gap | null = null
  /** The rows that the file does not have as they are; null when it has to be written as a whole. */
  #noted: Set<string> | null = new Set()
  #head: SpoolHead | null = null

  constructor(folder: string, log: TransportLog) {
    this.#place = new SpoolPlace(folder, log)
    this.#log = log
  }

  /** What keeps it from its work; null when all is well. */
  get gap(): Gap | null {
    return this.#gap
  }

  /** The epoch that a file of this spool knows, whether or not it can be written now; null when none does. */
  get epoch(): string | null {
    return this.#head?.epoch ?? null
  }

  /** The last event of that epoch which is durable. */
  get durableSeq(): number {
    return (this.#head?.next_seq ?? 1) - 1
  }

  /** When the collector had last acknowledged something new; null when it never did. */
  get ackedAt(): number | null {
    return this.#head?.acked_at ?? null
  }

  /**
   * Reads what the last process left; null where that is nothing, or cannot be used.
   *
   * @throws {SpoolError} `taken` when another process uses it
   */
  load(): LoadedSpool | null {
    try {
      const { file, loaded } = this.#place.open()
      this.#file = file
      this.#head = loaded?.head ?? null
      return loaded
    } catch (error) {
      if (error instanceof SpoolError && error.code === 'taken') throw error
      this.#fail(error)
      return null
    }
  }

  /** Notes that rows have changed, by their state keys. */
  note(stateKeys: readonly string[]): void {
    for (const key of stateKeys) this.#noted?.add(key)
    if ((this.#noted?.size ?? 0) > MAX_NOTED_ROWS) this.#noted = null
  }

  /** Makes a spool durable as it is, or notes why it cannot. */
  save(spool: MemorySpool, ackedAt: number | null): void {
    const head = headOf(spool, ackedAt)
    try {
      if (this.#gap === null && this.#isSaved(head)) this.#file?.expectInPlace()
      else this.#write(spool, head)
    } catch (error) {
      this.#fail(error)
      // A file that was taken away is made anew at once.
      if (isGone(error)) this.#retry(spool, head)
    }
  }

  close(): void {
    this.#dropFile()
    this.#place.release()
  }

  #retry(spool: MemorySpool, head: SpoolHead): void {
    try {
      this.#write(spool, head)
    } catch (error) {
      this.#fail(error)
    }
  }

  #write(spool: MemorySpool, head: SpoolHead): void {
    const file = this.#file ?? this.#openAnew()
    const isWhole = this.#noted === null || this.epoch !== head.epoch
    const keys = isWhole ? spool.rows.keys : (this.#noted ?? [])
    const rows = Array.from(keys, (key) => [key, spool.rows.read(key)] as const)
    const fromSeq = isWhole ? head.first_seq : Math.max(head.first_seq, this.durableSeq + 1)
    file.save({ head, isWhole, rows, events: spool.waiting(fromSeq) })
    this.#head = head
    this.#noted = new Set()
    if (this.#gap !== null) this.#log.info({ path: this.#place.path }, 'the spool is written again')
    this.#gap = null
  }

  /** Opens the file to be written as a whole; what it held is of no use any more. */
  #openAnew(): SpoolFile {
    const { file, loaded } = this.#place.open()
    this.#file = file
    this.#noted = null
    const events = loaded?.saved.events.length ?? 0
    if (events > 0 && loaded?.head.epoch !== this.epoch) {
      this.#log.warn({ path: this.#place.path, events }, 'what waited in the spool is lost: it came back too late')
    }
    return file
  }

  #fail(error: unknown): void {
    const { path } = this.#place
    const detail = error instanceof Error ? error.message : String(error)
    const gap: Gap = { source: 'spool', subject: path, reason: reasonOf(error), affects: [], detail }
    if (this.#gap?.detail !== detail) {
      this.#log.warn({ path, err: error }, 'the spool cannot be written: going on in memory')
    }
    this.#gap = gap
    if (isPassing(error)) return
    this.#dropFile()
    this.#noted = null
    // A lock on a file that was taken away keeps nobody out.
    if (isGone(error)) this.#place.release()
  }

  #dropFile(): void {
    const file = this.#file
    this.#file = null
    try {
      file?.close()
    } catch (error) {
      this.#log.warn({ path: this.#place.path, err: error }, 'the spool did not close well')
    }
  }

  #isSaved({ digest: _, ...head }: SpoolHead): boolean {
    if (this.#head === null || this.#noted === null || this.#noted.size > 0) return false
    const { digest: __, ...saved } = this.#head
    return JSON.stringify(saved) === JSON.stringify(head)
  }
}

function headOf(spool: MemorySpool, ackedAt: number | null): SpoolHead {
  return {
    epoch: spool.epoch,
    next_seq: spool.nextSeq,
    first_seq: spool.firstSeq,
    last_at: spool.lastAt,
    owed_seq: spool.owedSeq,
    digest: spool.rows.digest,
    acked_at: ackedAt,
    forgotten: spool.forgotten,
  }
}

function isGone(error: unknown): boolean {
  return error instanceof SpoolError && error.code === 'gone'
}
