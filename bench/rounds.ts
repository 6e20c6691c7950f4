import { setImmediate } from 'node:timers/promises'

/** One thing to measure: gives how long it took, in milliseconds. */
export interface Measurement {
  readonly name: string
  readonly run: () => number | Promise<number>
  /** Measured in every round, or in each n-th where it takes long. */
  readonly every: number
}

/** Rounds before the first that counts: code is compiled, caches are filled. */
const WARM_UP_ROUNDS = 3

/** Runs all measurements in turn, so that each sees the same machine as the others; gives their medians by name. */
export async function measure(measurements: readonly Measurement[], rounds: number): Promise<Map<string, number>> {
  const taken = new Map<string, number[]>(measurements.map(({ name }) => [name, []]))
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const { name, run, every } of measurements) {
      if (round % every !== 0) continue
      // Lets the end of a load or of a terminal be heard between two measurements that block.
      await setImmediate()
      const tookMs = await run()
      if (round >= 0) taken.get(name)?.push(tookMs)
    }
  }
  return new Map([...taken].map(([name, tookMs]) => [name, median(tookMs)]))
}

/** The middle value, the upper one of two. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
