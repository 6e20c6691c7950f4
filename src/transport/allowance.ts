const MS_PER_MINUTE = 60_000

/** So many at once after a rest, and then so many a minute. */
export interface AllowanceSize {
  readonly burst: number
  readonly perMinute: number
}

/** How often somebody may still do something. */
export class Allowance {
  readonly #size: AllowanceSize
  #left: number
  #at: number

  constructor(size: AllowanceSize, now: number) {
    this.#size = size
    this.#left = size.burst
    this.#at = now
  }

  /** Takes one off and gives 0, or gives after how many milliseconds there is one. */
  take(now: number): number {
    const { burst, perMinute } = this.#size
    // A clock that was set back brings nothing and takes nothing.
    const passedMs = Math.max(now - this.#at, 0)
    this.#at = now
    this.#left = Math.min(this.#left + (passedMs * perMinute) / MS_PER_MINUTE, burst)
    if (this.#left < 1) return Math.ceil(((1 - this.#left) * MS_PER_MINUTE) / perMinute)
    this.#left -= 1
    return 0
  }
}
