/** What the bench asks of the process that makes the load. */
export type LoadCommand =
  | { readonly name: 'connect'; readonly agents: number; readonly urls: readonly string[]; readonly token: string }
  | { readonly name: 'flood'; readonly seconds: number; readonly batch: number; readonly inFlight: number }
  | { readonly name: 'pace'; readonly seconds: number; readonly batch: number; readonly perSecond: number }
  | {
      readonly name: 'watch'
      readonly agents: string
      readonly dashboard: string
      readonly token: string
      readonly apiToken: string
      readonly seconds: number
    }
  | { readonly name: 'return'; readonly lost: number }
  | { readonly name: 'ledger' }

/** How long something took, in milliseconds. */
export interface Latency {
  readonly p50: number
  readonly p99: number
  readonly most: number
}

export interface LoadResults {
  readonly connect: { readonly tookMs: number }
  readonly flood: Sent
  readonly pace: Sent
  readonly watch: { readonly findings: number; readonly delivery: Latency }
  /** From the first lost connection to the last welcome, and how many agents had to send their state again. */
  readonly return: { readonly tookMs: number; readonly snapshots: number }
  /** Of each agent, the last event that was acknowledged; there is none after it. */
  readonly ledger: Readonly<Record<string, number>>
}

/** Events that were acknowledged, and how long batches of them took from send to acknowledgement. */
export interface Sent {
  readonly events: number
  readonly tookMs: number
  readonly ack: Latency
}

/** Sums times up. */
export function latencyOf(tookMs: readonly number[]): Latency {
  const sorted = tookMs.toSorted((left, right) => left - right)
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), most: at(1) }
}
