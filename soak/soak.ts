/** How long a soak goes on, and with what chance. */
export interface SoakOptions {
  /** How many of what the soak counts it makes. */
  readonly count: number
  readonly seed: number
  /** Ends the soak early; what it started, it ends. */
  readonly signal: AbortSignal
}

/** What a soak measured, in the order to print it, and all that was wrong. */
export interface Outcome {
  readonly figures: Readonly<Record<string, string | number>>
  readonly faults: readonly string[]
}

/** One way of wearing the product down. */
export interface Soak {
  readonly name: string
  readonly title: string
  /** How many it makes unless `--count` says otherwise. */
  readonly count: number
  /** Says why it cannot run here, or false. */
  readonly whyNot: () => string | false
  readonly run: (options: SoakOptions) => Promise<Outcome>
}
