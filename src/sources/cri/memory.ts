import type { Reading } from './facts.ts'

const ENTRIES_MAX = 4096
const CONCURRENT = 8

interface ListedItem {
  readonly id: string
  readonly state: string | number
  readonly createdAt: number | null
}

/** Reads the facts of every item, by id; those that it remembers are not asked for again. */
export type Reader<Item, Facts> = (
  items: readonly Item[],
  read: (item: Item) => Promise<Reading<Facts>>,
) => Promise<ReadonlyMap<string, Reading<Facts>>>

/**
 * Remembers facts from one list to the next, as long as their item is listed in the same state: CRI never starts a
 * container or a sandbox a second time, so that its pid and its declaration last as long as it runs. What was read in
 * part is read again.
 */
export function createReader<Item extends ListedItem, Facts>(): Reader<Item, Facts> {
  let kept: ReadonlyMap<string, Facts> = new Map()
  return async (items, read) => {
    const readings = new Map<string, Reading<Facts>>()
    const next = new Map<string, Facts>()
    await eachConcurrently(items, async (item) => {
      const key = [item.id, item.state, item.createdAt].join()
      const known = kept.get(key)
      const reading = known === undefined ? await read(item) : { facts: known, failure: null }
      readings.set(item.id, reading)
      const isWhole = reading.facts !== null && reading.failure === null
      if (isWhole && next.size < ENTRIES_MAX) next.set(key, reading.facts)
    })
    kept = next
    return readings
  }
}

async function eachConcurrently<Value>(values: readonly Value[], act: (value: Value) => Promise<void>): Promise<void> {
  const queue = values.values()
  const work = async () => {
    for (const value of queue) await act(value)
  }
  await Promise.all(Array.from({ length: CONCURRENT }, work))
}
