import type { Review } from '../auth/token-reviewer.ts'

/** A token that was taken back is good for so long after. */
const ACCEPTED_MS = 60_000
/** Long enough for one agent that tries again, short enough for one whose account has just been made. */
const REFUSED_MS = 10_000
const MOST = 5000

interface Kept {
  readonly review: Review
  readonly at: number
  readonly until: number
}

/** Remembers for a while what was answered about a token, by its hash; wrong ones, however many, push no right one out. */
export class ReviewCache {
  readonly #now: () => number
  /** The oldest first. */
  readonly #accepted = new Map<string, Kept>()
  readonly #refused = new Map<string, Kept>()

  constructor(now: () => number) {
    this.#now = now
  }

  find(key: string): Review | null {
    const kept = this.#accepted.get(key) ?? this.#refused.get(key)
    const now = this.#now()
    // Where the clock was set back, nobody knows how long ago it was.
    return kept !== undefined && kept.at <= now && now < kept.until ? kept.review : null
  }

  /** Keeps an answer about a token that ends by itself at some time; that there was none is not kept. */
  keep(key: string, review: Review, expiresAt: number): void {
    this.#accepted.delete(key)
    this.#refused.delete(key)
    const at = this.#now()
    if (review.outcome === 'accepted') {
      keepNewest(this.#accepted, key, { review, at, until: Math.min(at + ACCEPTED_MS, expiresAt) })
    }
    if (review.outcome === 'refused') keepNewest(this.#refused, key, { review, at, until: at + REFUSED_MS })
  }
}

function keepNewest(map: Map<string, Kept>, key: string, kept: Kept): void {
  map.set(key, kept)
  const [oldest] = map.keys()
  if (map.size > MOST && oldest !== undefined) map.delete(oldest)
}
