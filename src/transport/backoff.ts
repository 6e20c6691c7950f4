/** How long to wait at most before the first retry, and before any. */
export interface BackoffBounds {
  readonly firstMs: number
  readonly mostMs: number
}

/** Gives a wait drawn evenly from zero up to a bound that doubles with every failure, so that a fleet spreads itself. */
export function fullJitter(failures: number, { firstMs, mostMs }: BackoffBounds, random: () => number): number {
  return Math.round(random() * Math.min(mostMs, firstMs * 2 ** failures))
}
