import { randomBytes } from 'node:crypto'
import { type Change, stateKey } from '../model/changes.ts'
import { type Digest, toggle } from '../model/digest.ts'
import { encodeEvent, encodeRow } from './encode.ts'
import { EventQueue } from './event-queue.ts'
import { KeptRows } from './kept-rows.ts'
import type { TransportLog } from './log.ts'
import { sendable } from './sendable.ts'
import type { Spool, SpooledEvent, SpooledState } from './spool.ts'

/** What may wait before the waiting changes are forgotten and a snapshot takes their place. */
export interface SpoolBounds {
  readonly maxEvents?: number
  readonly maxBytes?: number
  readonly maxAgeMs?: number
}

export interface MemorySpoolOptions extends SpoolBounds {
  readonly log: TransportLog
  readonly now?: () => number
  /** Where a spool that has ended is to go on. */
  readonly saved?: SavedSpool | undefined
}

/** All that a spool is made of. */
export interface SavedSpool {
  readonly epoch: string
  readonly nextSeq: number
  readonly lastAt: number | null
  readonly owedSeq: number | null
  /** How many changes were forgotten before they were stored one by one, ever. */
  readonly forgotten: number
  /** The texts of rows by their state keys. */
  readonly rows: Iterable<readonly [string, string]>
  readonly events: readonly SpooledEvent[]
}

const DAY_MS = 24 * 3_600_000

/** A spool that lives as long as its process. */
export class MemorySpool implements Spool {
  readonly #log: TransportLog
  readonly #bounds: Required<SpoolBounds>
  readonly #now: () => number
  readonly #rows: KeptRows
  readonly #events: EventQueue
  #digest: Digest
  #epoch: string
  #nextSeq: number
  #lastAt: number | null
  /** The event up to which only a snapshot can tell what was forgotten; null when it has, or nothing was. */
  #owedSeq: number | null
  #forgotten: number
  /** A look of this process has come in, with or without a change. */
  #isConfirmed: boolean

  constructor({ log, now = Date.now, saved, ...bounds }: MemorySpoolOptions) {
    this.#log = log
    this.#now = now
    this.#bounds = { maxEvents: 100_000, maxBytes: 64 * 1024 * 1024, maxAgeMs: 7 * DAY_MS, ...bounds }
    this.#rows = new KeptRows(saved?.rows)
    this.#events = new EventQueue(saved?.events)
    this.#epoch = saved?.epoch ?? newEpoch()
    this.#nextSeq = saved?.nextSeq ?? 1
    this.#lastAt = saved?.lastAt ?? null
    this.#owedSeq = saved?.owedSeq ?? null
    this.#forgotten = saved?.forgotten ?? 0
    this.#isConfirmed = saved === undefined
    this.#digest = this.#rows.digest
    for (const { effect } of saved?.events ?? []) toggle(this.#digest, effect)
  }

  readonly isStuck = false
  readonly gaps = []

  get epoch(): string {
    return this.#epoch
  }

  get nextSeq(): number {
    return this.#nextSeq
  }

  get firstSeq(): number {
    return this.#nextSeq - this.#events.length
  }

  get lastAt(): number | null {
    return this.#lastAt
  }

  get owedSeq(): number | null {
    return this.#owedSeq
  }

  get forgotten(): number {
    return this.#forgotten
  }

  /** The rows as they are, each by its state key. */
  get rows(): Pick<KeptRows, 'read' | 'keys' | 'digest'> {
    return this.#rows
  }

  get isUntold(): boolean {
    return this.#lastAt === null || !this.#isConfirmed
  }

  get isDrained(): boolean {
    return this.#events.length === 0 && this.#owedSeq === null
  }

  get digest(): Digest {
    return this.#digest.slice()
  }

  digestAfter(seq: number): Digest | null {
    if (seq < this.firstSeq - 1 || seq >= this.#nextSeq) return null
    const digest = this.digest
    for (const { effect } of this.waiting(this.firstSeq).slice(0, seq + 1 - this.firstSeq)) toggle(digest, effect)
    return digest
  }

  append(changes: readonly Change[]): void {
    this.#isConfirmed = true
    const queuedAt = this.#now()
    for (const change of changes) this.#add(change, queuedAt)
    const { length: events, bytes } = this.#events
    if (events <= this.#bounds.maxEvents && bytes <= this.#bounds.maxBytes) return
    this.#log.warn({ events, bytes }, 'queue is full: its history becomes a snapshot')
    this.#forgetEvents()
  }

  read(fromSeq: number, maxBytes: number): readonly SpooledEvent[] {
    return this.#events.slice(fromSeq - this.firstSeq, maxBytes)
  }

  /** Gives all that waits from `fromSeq` on. */
  waiting(fromSeq: number): readonly SpooledEvent[] {
    return this.#events.from(fromSeq - this.firstSeq)
  }

  acknowledge(seq: number): void {
    if (this.#owedSeq !== null && seq >= this.#owedSeq) this.#owedSeq = null
    const last = Math.min(seq, this.#nextSeq - 1)
    for (let next = this.firstSeq; next <= last; next += 1) {
      const event = this.#events.shift()
      if (event !== undefined) toggle(this.#digest, event.effect)
    }
  }

  readState(): SpooledState {
    const { texts: rows, digest } = this.#rows
    return { asOfSeq: this.#nextSeq - 1, takenAt: this.#lastAt ?? 0, rows, digest }
  }

  renew(): void {
    this.#epoch = newEpoch()
    this.#nextSeq = 1 + this.#events.length
    this.#forgetEvents()
  }

  tend(): void {
    this.#isConfirmed = true
    const ageMs = this.#now() - (this.#events.first?.queuedAt ?? Number.POSITIVE_INFINITY)
    if (ageMs <= this.#bounds.maxAgeMs) return
    this.#log.warn({ events: this.#events.length, ageMs }, 'queue is too old: its history becomes a snapshot')
    this.#forgetEvents()
  }

  close(): void {
    // What it holds ends with it.
  }

  #add(change: Change, queuedAt: number): void {
    const { change: sent, value } = sendable(change, this.#log)
    const { type, key, at } = sent
    const text = encodeEvent(sent, this.#nextSeq, value)
    const effect = this.#rows.set(stateKey(type, key), value === null ? null : encodeRow(type, key, value))
    this.#events.push({ seq: this.#nextSeq, text, bytes: Buffer.byteLength(text), effect, queuedAt })
    this.#nextSeq += 1
    this.#lastAt = at
  }

  #forgetEvents(): void {
    this.#owedSeq = this.#nextSeq - 1
    this.#forgotten += this.#events.length
    this.#events.clear()
    this.#digest = this.#rows.digest
  }
}

function newEpoch(): string {
  return randomBytes(16).toString('hex')
}
