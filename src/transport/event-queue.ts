import type { SpooledEvent } from './spool.ts'

const MAX_BATCH_EVENTS = 1000

/** The events that wait, oldest first, and how many bytes they are. */
export class EventQueue {
  /** Those before #head are gone and await the next compaction. */
  #events: SpooledEvent[]
  #head = 0
  #bytes = 0

  constructor(events: readonly SpooledEvent[] = []) {
    this.#events = [...events]
    for (const { bytes } of events) this.#bytes += bytes
  }

  get length(): number {
    return this.#events.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  get first(): SpooledEvent | undefined {
    return this.#events[this.#head]
  }

  push(event: SpooledEvent): void {
    this.#events.push(event)
    this.#bytes += event.bytes
  }

  /** Takes the oldest out. */
  shift(): SpooledEvent | undefined {
    const event = this.#events[this.#head]
    if (event === undefined) return undefined
    this.#bytes -= event.bytes
    this.#head += 1
    if (this.#head >= this.#events.length / 2) {
      this.#events = this.#events.slice(this.#head)
      this.#head = 0
    }
    return event
  }

  clear(): void {
    this.#events = []
    this.#head = 0
    this.#bytes = 0
  }

  /** Gives all from a place on, counted from the oldest. */
  from(index: number): SpooledEvent[] {
    return this.#events.slice(this.#head + index)
  }

  /** Gives events from a place on, of at most so many bytes together and as many as a batch may hold, but at least one. */
  slice(index: number, maxBytes: number): SpooledEvent[] {
    const start = this.#head + index
    let bytes = 0
    let end = start
    for (let event = this.#events[end]; event !== undefined; event = this.#events[end]) {
      bytes += event.bytes
      if (end > start && (bytes > maxBytes || end - start === MAX_BATCH_EVENTS)) break
      end += 1
    }
    return this.#events.slice(start, end)
  }
}
