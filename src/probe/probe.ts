import type { ProbeAnswer, Protocol } from '../model/port.ts'

/** What to ask: an address of the node itself or loopback, never another's. */
export interface ProbeTarget {
  readonly address: string
  readonly port: number
  readonly protocol: Protocol
}

/** `connect` asks whether a port is open, `identify` also as what. */
export type ProbeMode = 'connect' | 'identify'

/** Asks ports of this node; bounded in concurrency, rate, bytes and time, and never throws for what a peer does. */
export interface Prober {
  probe(
    targets: readonly ProbeTarget[],
    mode: ProbeMode,
    signal: AbortSignal,
    onAnswer?: (answer: ProbeAnswer) => void,
  ): Promise<readonly ProbeAnswer[]>
}
