import type { StateEvent, StateItem } from './changes.ts'
import type { Digest } from './digest.ts'

/** What an agent says of itself and its stream when it connects. */
export interface Hello {
  readonly agentId: string
  readonly node: string
  readonly bootId: string
  /** The agent's version, not the protocol's. */
  readonly version: string
  /** The random name of the stream: 32 hex digits. Sequence numbers count within it. */
  readonly epoch: string
  /** The random name of the agent's process: 32 hex digits. Two of them never speak at the same time. */
  readonly run?: string
  /** How many connections that process has begun, this one included. Whatever it said on an earlier one is out of date. */
  readonly attempt?: number
  /** The number that the agent's next change will have; the first is 1. */
  readonly nextSeq: number
  /** Unix milliseconds by the agent's clock. */
  readonly at: number
  /** The agent shows the same secret again after a restart. */
  readonly keepsSecret?: boolean
  /** What it does when it is asked; absent of a version that knows no commands. */
  readonly commands?: readonly string[]
}

/** How the agent is to go on: send what follows ackedSeq, send the whole state first, or begin a new epoch with it. */
export type Want = 'resume' | 'snapshot' | 'new-epoch'

/** A change of one row that was understood well enough to keep the digest right. */
export interface RowEffect {
  readonly op: 'put' | 'delete'
  readonly type: string
  readonly key: string
  /** Of the row that a put leaves; null for a delete. */
  readonly hash: Digest | null
}

/** An event or snapshot row that this version cannot read: kept as it came, counted and acknowledged. */
export interface Quarantined {
  readonly problem: string
  /** The JSON text, cut to a bound. */
  readonly raw: string
  /** What it does to the digest; null when not even that can be read. */
  readonly effect: RowEffect | null
}

/** One event as it arrived, in the order of its sequence number. */
export type ReceivedEvent =
  | {
      readonly seq: number
      readonly event: StateEvent
      readonly hash: Digest | null
      /** The canonical JSON of a put's value as it came, with the fields that this version does not know; null for a delete. */
      readonly text: string | null
      readonly quarantined?: never
    }
  | { readonly seq: number; readonly event?: never; readonly quarantined: Quarantined }

/** Consecutive events of one epoch, and the digest of the agent's state after the last. */
export interface ReceivedBatch {
  readonly epoch: string
  readonly firstSeq: number
  readonly events: readonly ReceivedEvent[]
  readonly digest: Digest
}

/** One row of a snapshot as it arrived. */
export type ReceivedItem =
  | { readonly item: StateItem; readonly hash: Digest; readonly text: string; readonly quarantined?: never }
  | { readonly item?: never; readonly quarantined: Quarantined }

/** Part `part` of `parts` (the first is 1) of the whole state as it was after event `asOfSeq`. */
export interface ReceivedPart {
  readonly epoch: string
  readonly asOfSeq: number
  /** The agent's clock when the state was read. */
  readonly takenAt: number
  readonly part: number
  readonly parts: number
  readonly items: readonly ReceivedItem[]
}
