import { hashOf, newSecret } from './secret.ts'

const IDLE_MS = 12 * 60 * 60 * 1000
const MOST_SESSIONS = 1000

/** The browser sessions of one collector process: they end with it, and after 12 hours without use. */
export class Sessions {
  readonly #now: () => number
  /** Last use by the secret's hash, least recently used first. */
  readonly #lastUse = new Map<string, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Begins a session and gives its secret; the one unused for longest makes room when there are too many. */
  begin(): string {
    const secret = newSecret()
    this.#touch(keyOf(secret))
    const [oldest] = this.#lastUse.keys()
    if (this.#lastUse.size > MOST_SESSIONS && oldest !== undefined) this.#lastUse.delete(oldest)
    return secret
  }

  /** Tells whether a session lives, and counts as its use. */
  use(secret: string): boolean {
    const key = keyOf(secret)
    const lastUse = this.#lastUse.get(key)
    if (lastUse === undefined) return false
    this.#lastUse.delete(key)
    if (this.#now() - lastUse > IDLE_MS) return false
    this.#touch(key)
    return true
  }

  #touch(key: string): void {
    this.#lastUse.set(key, this.#now())
  }
}

function keyOf(secret: string): string {
  return hashOf(secret).toString('hex')
}
