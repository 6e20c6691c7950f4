import type { Holder } from '../../model/role.ts'

/** How long a revoked token may still be good. */
const FRESH_MS = 2000
const MOST_HOLDERS = 1000

export interface HolderCacheDeps {
  readonly find: (secretHash: Uint8Array) => Promise<Holder | null>
  readonly now: () => number
}

interface Kept {
  readonly holder: Holder
  readonly at: number
}

/** Remembers for a moment whose a secret is; of a wrong one nothing is kept, so that a flood pushes no right one out. */
export class HolderCache {
  readonly #deps: HolderCacheDeps
  /** By hash, the oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor(deps: HolderCacheDeps) {
    this.#deps = deps
  }

  async find(secretHash: Buffer): Promise<Holder | null> {
    const key = secretHash.toString('hex')
    // What is true was so when we asked, not when the answer came.
    const at = this.#deps.now()
    const kept = this.#kept.get(key)
    if (kept !== undefined && Math.abs(at - kept.at) < FRESH_MS) return kept.holder
    const holder = await this.#deps.find(secretHash)
    this.#kept.delete(key)
    if (holder !== null) this.#keep(key, { holder, at })
    return holder
  }

  /** Asks again next time. */
  forget(secretHash: Buffer): void {
    this.#kept.delete(secretHash.toString('hex'))
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.set(key, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST_HOLDERS && oldest !== undefined) this.#kept.delete(oldest)
  }
}
