import { type Change, type KeyedState, stateKey } from '../model/changes.ts'
import type { Digest } from '../model/digest.ts'
import type { Gap } from '../model/gap.ts'
import { MemorySpool, type MemorySpoolOptions } from './memory-spool.ts'
import type { Spool, SpooledEvent, SpooledState } from './spool.ts'
import { SpoolDisk } from './spool-disk.ts'

export interface SqliteSpoolOptions extends Omit<MemorySpoolOptions, 'saved'> {
  /** A folder of the agent's own; made, for its owner only, where it is not there. */
  readonly folder: string
}

/** A spool that goes on where the last process left it, and the state that this one had told. */
export interface OpenedSpool {
  readonly spool: Spool
  readonly state: KeyedState
}

/**
 * Opens the spool in a folder. Where its file cannot be used the spool lives in memory, in a new epoch, says so, and
 * tries again at every change.
 *
 * @throws {SpoolError} `taken` when another process uses it
 */
export function openSqliteSpool({ folder, ...options }: SqliteSpoolOptions): OpenedSpool {
  const disk = new SpoolDisk(folder, options.log)
  const loaded = disk.load()
  const memory = new MemorySpool({ ...options, saved: loaded?.saved })
  return { spool: new SqliteSpool(memory, disk, options.now ?? Date.now), state: loaded?.state ?? new Map() }
}

/**
 * A spool in memory whose every change is made durable before it may be sent. What the disk does not take is kept: it
 * is written with the next change, or, where the collector waits for it, sent as a snapshot in a new epoch, of which
 * the file knows nothing.
 */
class SqliteSpool implements Spool {
  readonly #memory: MemorySpool
  readonly #disk: SpoolDisk
  readonly #now: () => number
  #ackedAt: number | null

  constructor(memory: MemorySpool, disk: SpoolDisk, now: () => number) {
    this.#memory = memory
    this.#disk = disk
    this.#now = now
    this.#ackedAt = disk.ackedAt
  }

  get epoch(): string {
    return this.#memory.epoch
  }

  get nextSeq(): number {
    return this.#memory.nextSeq
  }

  get firstSeq(): number {
    return this.#memory.firstSeq
  }

  get isUntold(): boolean {
    return this.#memory.isUntold
  }

  get isDrained(): boolean {
    return this.#memory.isDrained
  }

  get isStuck(): boolean {
    return this.#durableSeq < this.nextSeq - 1
  }

  get digest(): Digest {
    return this.#memory.digest
  }

  get gaps(): readonly Gap[] {
    return this.#disk.gap === null ? [] : [this.#disk.gap]
  }

  digestAfter(seq: number): Digest | null {
    return this.#memory.digestAfter(seq)
  }

  append(changes: readonly Change[]): void {
    this.#memory.append(changes)
    this.#disk.note(changes.map(({ type, key }) => stateKey(type, key)))
    this.#save()
  }

  read(fromSeq: number, maxBytes: number): readonly SpooledEvent[] {
    const events = this.#memory.read(fromSeq, maxBytes)
    return this.isStuck ? events.filter(({ seq }) => seq <= this.#durableSeq) : events
  }

  acknowledge(seq: number): void {
    const { firstSeq, owedSeq } = this.#memory
    this.#memory.acknowledge(seq)
    // It travels to the disk with the next change: were it lost, the collector would say it again.
    if (this.#memory.firstSeq !== firstSeq || this.#memory.owedSeq !== owedSeq) this.#ackedAt = this.#now()
  }

  readState(): SpooledState {
    return this.#memory.readState()
  }

  renew(): void {
    this.#memory.renew()
    this.#save()
  }

  tend(): void {
    this.#memory.tend()
    this.#save()
  }

  close(): void {
    this.#save()
    this.#disk.close()
  }

  /** Up to where the events of the current epoch may be sent: what the file does not know of, it cannot contradict. */
  get #durableSeq(): number {
    return this.#disk.epoch === this.epoch ? this.#disk.durableSeq : this.nextSeq - 1
  }

  #save(): void {
    this.#disk.save(this.#memory, this.#ackedAt)
  }
}
