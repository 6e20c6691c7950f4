import type { KnownToken } from '../../store/store.ts'

/** How long a revoked token may still be good. */
const FRESH_MS = 2000
const MOST_TOKENS = 1000

export interface TokenCacheDeps {
  readonly findToken: (tokenHash: Uint8Array) => Promise<KnownToken | null>
  readonly now: () => number
}

interface Kept {
  readonly known: KnownToken
  readonly at: number
}

/** Remembers for a moment whose a token is; of a wrong one nothing is kept, so that a flood pushes no right one out. */
export class TokenCache {
  readonly #deps: TokenCacheDeps
  /** By hash, the oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor(deps: TokenCacheDeps) {
    this.#deps = deps
  }

  async find(tokenHash: Buffer): Promise<KnownToken | null> {
    const key = tokenHash.toString('hex')
    // What is true was so when we asked, not when the answer came.
    const at = this.#deps.now()
    const kept = this.#kept.get(key)
    if (kept !== undefined && Math.abs(at - kept.at) < FRESH_MS) return kept.known
    const known = await this.#deps.findToken(tokenHash)
    this.#kept.delete(key)
    if (known !== null) this.#keep(key, { known, at })
    return known
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.set(key, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST_TOKENS && oldest !== undefined) this.#kept.delete(oldest)
  }
}
