import type { Digest } from '../model/digest.ts'
import type { Look } from '../model/look.ts'
import type { IdentityRefusal, Proof } from '../model/speaker.ts'
import type { Hello, ReceivedBatch, ReceivedPart, Want } from '../model/stream.ts'

/**
 * What became of a batch or a part: `stored` durably up to ackedSeq, `staged` until the snapshot's other parts have
 * come, or refused, and then nothing of it is stored.
 */
export type Receipt =
  | { readonly outcome: 'stored'; readonly ackedSeq: number; readonly wantSnapshot: boolean }
  | { readonly outcome: 'staged' | 'fenced' | 'wrong-epoch' | 'out-of-order' }

/** Takes in what one connection sends, one call at a time and in order. */
export interface AgentStream {
  apply(batch: ReceivedBatch): Promise<Receipt>
  stage(part: ReceivedPart): Promise<Receipt>
  /** False when a newer connection has fenced this one. */
  look(look: Look): Promise<boolean>
  /** The connection is over. */
  end(): Promise<void>
}

export type Opening =
  | {
      readonly outcome: 'opened'
      readonly stream: AgentStream
      readonly ackedSeq: number
      readonly want: Want
      /** Of the state as it is stored: what the agent's was after ackedSeq. */
      readonly digest: Digest
      /** The agent's identity is bound to what it showed from now on. */
      readonly enrolled: boolean
    }
  | { readonly outcome: 'refused'; readonly reason: IdentityRefusal | 'fenced' | 'already-connected' }

/** Where the hub brings what agents say. */
export interface Ingest {
  /** Tells why this hello cannot be of who showed this proof; null when it can. It changes nothing. */
  judge(hello: Hello, proof: Proof): Promise<IdentityRefusal | null>
  open(hello: Hello, proof: Proof): Promise<Opening>
}
