import { randomBytes } from 'node:crypto'
import { type Change, stateKey } from '../model/changes.ts'
import { type Digest, emptyDigest, toggle } from '../model/digest.ts'
import { canonicalJson } from './canonical-json.ts'
import { hashRow } from './digest.ts'
import { encodeEvent, encodeRow } from './encode.ts'
import type { TransportLog } from './log.ts'
import type { Spool, SpooledEvent, SpooledState } from './spool.ts'
import { MAX_KEY_LENGTH } from './state-schema.ts'

const MAX_EVENT_BYTES = 256 * 1024
const MAX_BATCH_EVENTS = 1000

export interface MemorySpoolOptions {
  readonly log: TransportLog
  /** What may wait before the waiting changes are forgotten and a snapshot takes their place. */
  readonly maxEvents?: number
  readonly maxBytes?: number
}

interface Row {
  readonly text: string
  readonly hash: Digest
}

/** A spool that lives as long as its process, so every start is a new epoch. */
export class MemorySpool implements Spool {
  readonly #log: TransportLog
  readonly #maxEvents: number
  readonly #maxBytes: number
  readonly #state = new Map<string, Row>()
  readonly #stateDigest = emptyDigest()
  /** Those before #head are acknowledged and await the next compaction. */
  #events: SpooledEvent[] = []
  #head = 0
  #bytes = 0
  #digest = emptyDigest()
  #epoch = newEpoch()
  #nextSeq = 1
  #lastAt: number | null = null
  /** The event up to which only a snapshot can tell what was forgotten; null when it has, or nothing was. */
  #owedSeq: number | null = null

  constructor({ log, maxEvents = 100_000, maxBytes = 64 * 1024 * 1024 }: MemorySpoolOptions) {
    this.#log = log
    this.#maxEvents = maxEvents
    this.#maxBytes = maxBytes
  }

  get epoch(): string {
    return this.#epoch
  }

  get nextSeq(): number {
    return this.#nextSeq
  }

  get firstSeq(): number {
    return this.#nextSeq - this.#waiting
  }

  get isUntold(): boolean {
    return this.#lastAt === null
  }

  get isDrained(): boolean {
    return this.#waiting === 0 && this.#owedSeq === null
  }

  get digest(): Digest {
    return this.#digest.slice()
  }

  async append(changes: readonly Change[]): Promise<void> {
    for (const change of changes) this.#add(change)
    if (this.#waiting <= this.#maxEvents && this.#bytes <= this.#maxBytes) return
    this.#log.warn({ events: this.#waiting, bytes: this.#bytes }, 'queue is full: its history becomes a snapshot')
    this.#forgetEvents()
  }

  read(fromSeq: number, maxBytes: number): readonly SpooledEvent[] {
    const start = this.#head + fromSeq - this.firstSeq
    let bytes = 0
    let end = start
    for (let event = this.#events[end]; event !== undefined; event = this.#events[end]) {
      bytes += event.bytes
      if (end > start && (bytes > maxBytes || end - start === MAX_BATCH_EVENTS)) break
      end += 1
    }
    return this.#events.slice(start, end)
  }

  acknowledge(seq: number): void {
    if (this.#owedSeq !== null && seq >= this.#owedSeq) this.#owedSeq = null
    const last = Math.min(seq, this.#nextSeq - 1)
    for (let next = this.firstSeq; next <= last; next += 1) {
      const event = this.#events[this.#head]
      if (event === undefined) return
      toggle(this.#digest, event.effect)
      this.#bytes -= event.bytes
      this.#head += 1
    }
    if (this.#head < this.#events.length / 2) return
    this.#events = this.#events.slice(this.#head)
    this.#head = 0
  }

  readState(): SpooledState {
    const rows = Array.from(this.#state.values(), ({ text }) => text)
    return { asOfSeq: this.#nextSeq - 1, takenAt: this.#lastAt ?? 0, rows, digest: this.#stateDigest.slice() }
  }

  renew(): void {
    this.#epoch = newEpoch()
    this.#nextSeq = 1
    this.#forgetEvents()
  }

  get #waiting(): number {
    return this.#events.length - this.#head
  }

  #add(change: Change): void {
    const { type, key } = change
    const value = change.op === 'put' ? this.#encodeValue(change) : null
    // A row that cannot be sent must not stand in the collector as it was before.
    const sent: Change = change.op === 'put' && value === null ? tooLarge(change) : change
    const text = encodeEvent(sent, this.#nextSeq, value)
    const row = value === null ? null : encodeRow(type, key, value)
    const bytes = Buffer.byteLength(text)
    this.#events.push({ seq: this.#nextSeq, text, bytes, effect: this.#setRow(stateKey(type, key), row) })
    this.#bytes += bytes
    this.#nextSeq += 1
    this.#lastAt = change.at
  }

  #encodeValue({ type, key, value }: Extract<Change, { op: 'put' }>): string | null {
    const text = canonicalJson(value)
    const fits = text !== null && Buffer.byteLength(text) <= MAX_EVENT_BYTES && key.length <= MAX_KEY_LENGTH
    if (fits && !key.includes('\0')) return text
    this.#log.warn({ type, key: key.slice(0, MAX_KEY_LENGTH) }, 'row is too large, too deep or badly named to be sent')
    return null
  }

  /** Puts or deletes a row and gives what that toggles in the digest. */
  #setRow(stateKey: string, text: string | null): Digest {
    const effect = emptyDigest()
    const old = this.#state.get(stateKey)
    if (old !== undefined) toggle(effect, old.hash)
    if (text === null) this.#state.delete(stateKey)
    else {
      const hash = hashRow(text)
      toggle(effect, hash)
      this.#state.set(stateKey, { text, hash })
    }
    toggle(this.#stateDigest, effect)
    return effect
  }

  #forgetEvents(): void {
    this.#owedSeq = this.#nextSeq - 1
    this.#events = []
    this.#head = 0
    this.#bytes = 0
    this.#digest = this.#stateDigest.slice()
  }
}

function newEpoch(): string {
  return randomBytes(16).toString('hex')
}

function tooLarge({ at, type, key }: Change): Change {
  return { op: 'delete', at, type, key, cause: 'too-large' }
}
