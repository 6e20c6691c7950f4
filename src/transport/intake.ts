import type { TransportLog } from './log.ts'

/** One connection, as far as its reading goes. */
export interface Reader {
  /** Reads nothing more. */
  hold(): void
  /** Reads on, unless something else keeps it from that. */
  release(): void
}

/** What all frames together may have that are in memory and not stored yet: parsed and prepared they are some times that. */
const USUAL_BYTES = 64 * 1024 * 1024

/**
 * Bounds what all connections together hold of frames that are not stored yet. Where the store falls behind, nobody is
 * read until half of it is stored: thousands of agents with a queue each would otherwise bring it all into memory.
 */
export class Intake {
  readonly #log: TransportLog
  readonly #mostBytes: number
  readonly #readers = new Set<Reader>()
  #bytes = 0
  #isFull = false

  constructor(log: TransportLog, mostBytes = USUAL_BYTES) {
    this.#log = log
    this.#mostBytes = mostBytes
  }

  /** Nobody is read at the moment. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** How much is held now. */
  get bytes(): number {
    return this.#bytes
  }

  join(reader: Reader): void {
    this.#readers.add(reader)
    if (this.#isFull) reader.hold()
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader)
  }

  /** A frame has come in. */
  add(bytes: number): void {
    this.#bytes += bytes
    if (this.#isFull || this.#bytes <= this.#mostBytes) return
    this.#isFull = true
    this.#log.info({ bytes: this.#bytes }, 'the store is behind: reading no agent for now')
    for (const reader of this.#readers) reader.hold()
  }

  /** A frame is stored, or dropped. */
  remove(bytes: number): void {
    this.#bytes -= bytes
    if (!this.#isFull || this.#bytes > this.#mostBytes / 2) return
    this.#isFull = false
    for (const reader of this.#readers) reader.release()
  }
}
