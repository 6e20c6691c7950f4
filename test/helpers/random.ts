import type { Test } from 'tap'

/** A source of chance that gives the same again for the same seed. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from 0 up to, not including, the bound. */
  below(bound: number): number
}

/** Gives chance from the seed in the environment's SEED, or a new one, and prints the seed: a failure can be replayed. */
export function seededRandom(t: Test): Random {
  return randomOf(seedOf(t))
}

/** Gives that seed. */
export function seedOf(t: Test): number {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`SEED=${seed}`)
  return seed
}

/** Gives the chance of a seed. */
export function randomOf(seed: number): Random {
  let state = seed
  // mulberry32: small, and good enough to make trouble.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, below: (bound) => Math.floor(next() * bound) }
}
