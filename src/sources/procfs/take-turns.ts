/** Gives the first of each queue before the second of any: no queue keeps another waiting by its length. */
export function* takeTurns<Item>(queues: readonly (readonly Item[])[]): Generator<Item, void> {
  let round = 0
  for (let left = queues.filter(({ length }) => length > 0); left.length > 0; round++) {
    for (const queue of left) yield* queue.slice(round, round + 1)
    left = left.filter(({ length }) => length > round + 1)
  }
}
