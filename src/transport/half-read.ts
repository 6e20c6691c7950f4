/** A frame of which a part has come, and its connection. */
export interface HalfFrame {
  /** Tells whether it has taken longer than that, not counting the time in which we did not read. */
  takesLonger(ms: number): boolean
  /** Ends the connection at once. */
  giveUp(): void
  /** Reads nothing more. */
  holdBack(): void
  /** Reads on. */
  goOn(): void
}

export interface HalfReadBounds {
  /** What all frames that are not whole yet may have together before they have to wait for each other. */
  readonly mostBytes: number
  /** How many are read to their end meanwhile. */
  readonly mostFinishing: number
  /** How long each of them may take. */
  readonly patienceMs: number
  readonly sweepMs: number
}

const USUAL: HalfReadBounds = { mostBytes: 64 * 1024 * 1024, mostFinishing: 128, patienceMs: 5000, sweepMs: 500 }

/**
 * Bounds what all connections together hold of frames that are not whole yet, which no intake counts. Where it is too
 * much, those that began first are finished before the others go on, and whoever does not finish in time is given up.
 */
export class HalfRead {
  readonly #bounds: HalfReadBounds
  /** The one that began first is first. */
  readonly #frames = new Set<HalfFrame>()
  readonly #held = new Set<HalfFrame>()
  #bytes = 0
  #sweeping: NodeJS.Timeout | null = null

  constructor(bounds: Partial<HalfReadBounds> = {}) {
    this.#bounds = { ...USUAL, ...bounds }
  }

  /** How much is held now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Notes how much of a frame has come, and how much of it was noted before. */
  note(frame: HalfFrame, bytes: number, before: number): void {
    if (bytes === before) return
    this.#bytes += bytes - before
    if (bytes > 0) this.#frames.add(frame)
    else {
      this.#frames.delete(frame)
      if (this.#held.delete(frame)) frame.goOn()
    }
    this.#settle(frame)
  }

  #settle(frame: HalfFrame): void {
    const { mostBytes, sweepMs } = this.#bounds
    if (this.#bytes > mostBytes) this.#sweeping ??= setInterval(() => this.#sweep(), sweepMs).unref()
    if (this.#sweeping === null) return
    if (this.#bytes <= mostBytes / 2) this.#end(this.#sweeping)
    else if (!this.#frames.has(frame)) this.#letFinish()
    else if (!this.#finishing().includes(frame)) this.#hold(frame)
  }

  #finishing(): HalfFrame[] {
    const first: HalfFrame[] = []
    for (const frame of this.#frames) {
      if (first.length === this.#bounds.mostFinishing) break
      first.push(frame)
    }
    return first
  }

  #hold(frame: HalfFrame): void {
    this.#held.add(frame)
    frame.holdBack()
  }

  /** Somebody's turn has come. */
  #letFinish(): void {
    for (const frame of this.#finishing()) if (this.#held.delete(frame)) frame.goOn()
  }

  #sweep(): void {
    for (const frame of this.#finishing()) {
      if (frame.takesLonger(this.#bounds.patienceMs)) frame.giveUp()
      // There is room again.
      if (this.#sweeping === null) return
    }
  }

  #end(sweeping: NodeJS.Timeout): void {
    clearInterval(sweeping)
    this.#sweeping = null
    const held = [...this.#held]
    this.#held.clear()
    for (const frame of held) frame.goOn()
  }
}
