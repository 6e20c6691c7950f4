import type { Random } from '../test/helpers/random.ts'

/** What a container asked for; a `brief` one ends by itself at once, a `guest` is in its owner's net namespace. */
export const SHAPES = ['plain', 'brief', 'host-net', 'host-pid-ipc', 'guest'] as const

export type Shape = (typeof SHAPES)[number]

/** One container from start to end; a guest brings a plain one as its owner. */
export interface Life {
  readonly shape: Shape
  readonly lifetimeMs: number
  /** Of a guest: its owner ends first, and leaves it alone in the net namespace. */
  readonly ownerFirst: boolean
}

/** Some containers are gone before a scan can look twice, most see one or more scans. */
const LIFETIME_MAX_MS = 2500

/** Draws lives that make this many starts. The same chance gives the same lives, in whatever time. */
export function planLives(random: Random, starts: number): Life[] {
  const lives: Life[] = []
  for (let left = starts; left > 0; left -= startsOf(lives.at(-1))) {
    const shape = SHAPES[random.below(left > 1 ? SHAPES.length : SHAPES.length - 1)] ?? 'plain'
    lives.push({ shape, lifetimeMs: random.below(LIFETIME_MAX_MS), ownerFirst: random.below(2) === 0 })
  }
  return lives
}

/** How many containers a life starts. */
export function startsOf(life: Life | undefined): number {
  return life?.shape === 'guest' ? 2 : 1
}
