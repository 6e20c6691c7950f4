import type { ProbeAnswer, Protocol } from '../model/port.ts'

/** What to ask: an address of the node itself or loopback, never another's. */
export interface ProbeTarget {
  readonly address: string
  readonly port: number
  readonly protocol: Protocol
}

/** `connect` asks whether a port is open, `identify` also as what. */
export type ProbeMode = 'connect' | 'identify'

/** What is never asked: all that each of its fields says. */
export interface Exclusion {
  readonly address?: string
  readonly ports?: readonly [first: number, last: number]
  readonly protocol?: Protocol
}

/** Asks ports of this node; bounded in concurrency, rate, bytes and time, and never throws for what a peer does. */
export interface Prober {
  /**
   * Gives one answer to each target, in their order: `not-asked` for what is no address of the node, is excluded, or
   * for which no time was left.
   *
   * @param signal ends it; what has been answered until then is still given
   * @param onAnswer told of each answer as it comes
   */
  probe(
    targets: readonly ProbeTarget[],
    mode: ProbeMode,
    signal: AbortSignal,
    onAnswer?: (answer: ProbeAnswer) => void,
  ): Promise<readonly ProbeAnswer[]>
}

/** The key of a target, and of the answer that it gave. */
export function targetKey({ protocol, address, port }: ProbeTarget): string {
  return `${protocol}/${address}/${port}`
}
