import { isDeepStrictEqual } from 'node:util'
import { changesOf, entryOf, stateAfter } from './ledger.ts'
import type { HistoryRow } from './stream.ts'

/** What a store's history came to. */
export interface Audit {
  /** Everything in which it differs from the ledger. */
  readonly faults: readonly string[]
  readonly events: number
  readonly epochs: number
  readonly resyncs: number
  /** How many changes are told by markers only. */
  readonly folded: number
}

const MOST_FAULTS = 10

/** Compares a store's history with the first entries of a ledger: nothing lost, nothing twice, all in order. */
export function auditHistory(history: readonly HistoryRow[], seed: number, entries: number): Audit {
  const auditor = new Auditor(seed, entries)
  for (const row of history) auditor.take(row)
  return auditor.end()
}

class Auditor {
  readonly #seed: number
  readonly #entries: number
  readonly #ledger: ReturnType<typeof changesOf>
  /** How many changes are accounted for before entry n + 1. */
  readonly #placeOf: readonly number[]
  readonly #faults: string[] = []
  readonly #epochs = new Set<string>()
  readonly #state = new Map<string, unknown>()
  #place = 0
  #seq = 0
  #epoch = ''
  #resyncs = 0
  #folded = 0
  /** Of the marker that was last: how many of its rows are still to come, and how many changes it says to stand for. */
  #marker = { left: 0, folded: 0 }

  constructor(seed: number, entries: number) {
    this.#seed = seed
    this.#entries = entries
    this.#ledger = changesOf(seed, entries)
    const places = [0]
    for (let entry = 1; entry <= entries; entry += 1) places.push((places.at(-1) ?? 0) + entryOf(seed, entry).length)
    this.#placeOf = places
  }

  take(row: HistoryRow): void {
    if (row.op === 'resync') this.#begin(row)
    else if (row.ord > 0) this.#takeFolded(row)
    else this.#takeEvent(row)
  }

  end(): Audit {
    if (this.#place !== this.#ledger.length)
      this.#blame(`it ends after ${this.#place} of ${this.#ledger.length} changes`)
    this.#compareState(this.#entries)
    const { size: epochs } = this.#epochs
    const figures = { events: this.#place - this.#folded, epochs, resyncs: this.#resyncs, folded: this.#folded }
    return { faults: this.#faults.slice(0, MOST_FAULTS), ...figures }
  }

  #takeEvent({ epoch, seq, op, key, value }: HistoryRow): void {
    if (this.#marker.left > 0) this.#blame(`event ${seq} stands among the ${this.#marker.left} rows of a marker`)
    const expected = this.#ledger[this.#place]
    if (epoch !== this.#epoch || seq !== this.#seq + 1)
      this.#blame(`event ${seq} of ${epoch} follows ${this.#seq} of ${this.#epoch}`)
    const found = { op, key, value: value === null ? null : JSON.parse(value) }
    const { op: wanted, key: wantedKey } = expected ?? {}
    const wantedValue = expected?.op === 'put' ? expected.value : null
    if (!isDeepStrictEqual(found, { op: wanted, key: wantedKey, value: wantedValue })) {
      this.#blame(`event ${seq} is ${op} ${key} ${value}, not ${JSON.stringify(expected)}`)
    }
    this.#apply({ op, key, value })
    this.#seq = seq
    this.#place += 1
  }

  #begin({ epoch, seq, value }: HistoryRow): void {
    if (this.#marker.left > 0) this.#blame(`a marker lacks ${this.#marker.left} rows`)
    const { folded, changed } = JSON.parse(value ?? '{}')
    // A snapshot whose commit was not heard of is stored again, and then stands for nothing.
    if (!this.#epochs.has(epoch) || folded > 0 || changed > 0) this.#resyncs += 1
    this.#epochs.add(epoch)
    this.#epoch = epoch
    this.#seq = seq
    this.#marker = { left: changed, folded }
    if (changed === 0) this.#land()
  }

  #takeFolded(row: HistoryRow): void {
    if (this.#marker.left === 0) this.#blame(`event ${row.seq} is there twice`)
    this.#apply(row)
    this.#marker.left -= 1
    if (this.#marker.left === 0) this.#land()
  }

  /** After a marker the state is that of an entry's end, which is not before what was told one by one. */
  #land(): void {
    const cursor = this.#state.get('ledger')
    const entry = typeof cursor === 'object' && cursor !== null ? Number(Reflect.get(cursor, 'detail')) : 0
    const place = this.#placeOf[entry] ?? -1
    const skipped = place - this.#place
    if (skipped < 0) this.#blame(`a marker goes back from change ${this.#place} to ${place}`)
    if (skipped > this.#marker.folded) this.#blame(`a marker says ${this.#marker.folded} for ${skipped} changes`)
    this.#folded += Math.max(0, skipped)
    this.#place = place
    this.#compareState(entry)
  }

  #apply({ op, key, value }: Pick<HistoryRow, 'op' | 'key' | 'value'>): void {
    if (op === 'put') this.#state.set(key, JSON.parse(value ?? 'null'))
    else this.#state.delete(key)
  }

  #compareState(entry: number): void {
    const wanted = new Map([...stateAfter(this.#seed, entry).values()].map(({ key, value }) => [key, value]))
    if (!isDeepStrictEqual(this.#state, wanted)) this.#blame(`the state is not that after entry ${entry}`)
  }

  #blame(fault: string): void {
    this.#faults.push(fault)
  }
}
