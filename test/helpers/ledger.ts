import { type Change, type KeyedState, reduce, type StateItem, stateKey } from '../../src/model/changes.ts'
import { finding, gap, TAKEN_AT } from './builders.ts'
import { randomOf } from './random.ts'
import { findingId } from './stream.ts'

const KEYS = 40
const MOST_CHANGES = 5
const DELETES_IN = 5

/** The row that says up to which entry a state has come. */
const CURSOR = 'ledger'
const CURSOR_KEY = stateKey('gap', CURSOR)

/**
 * What an agent has to tell, entry by entry, the first being 1. The same seed makes the same entry, so that an agent that was
 * killed goes on behind the last one that its state knows, and whoever judges knows all of them without being told.
 */
export function entryOf(seed: number, number: number): Change[] {
  const random = randomOf(seed * 100_003 + number)
  const at = TAKEN_AT + number
  const changes = Array.from({ length: 1 + random.below(MOST_CHANGES) }, (_, index): Change => {
    const id = findingId(random.below(KEYS))
    if (random.below(DELETES_IN) === 0) return { op: 'delete', at, type: 'finding', key: id, cause: 'fixed' }
    return { op: 'put', at, type: 'finding', key: id, value: finding({ id, summary: `entry ${number}.${index}` }) }
  })
  const cursor = gap({ source: CURSOR, affects: [], detail: String(number) })
  return [...changes, { op: 'put', at, type: 'gap', key: CURSOR, value: cursor }]
}

/** Tells up to which entry a state has come. */
export function lastEntryOf(state: KeyedState): number {
  const item = state.get(CURSOR_KEY)
  return item?.type === 'gap' ? Number(item.value.detail) : 0
}

/** Gives all changes of the first entries, in order. */
export function changesOf(seed: number, entries: number): Change[] {
  return Array.from({ length: entries }, (_, index) => entryOf(seed, index + 1)).flat()
}

/** Gives the state after the first entries. */
export function stateAfter(seed: number, entries: number): ReadonlyMap<string, StateItem> {
  return reduce(new Map(), changesOf(seed, entries))
}
