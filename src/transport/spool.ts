import type { Change } from '../model/changes.ts'
import type { Digest } from '../model/digest.ts'
import type { Gap } from '../model/gap.ts'

/** A change that waits to be sent or acknowledged. */
export interface SpooledEvent {
  readonly seq: number
  /** As it stands in a batch. */
  readonly text: string
  readonly bytes: number
  /** What it toggles in the state's digest: the old row's hash and the new one's. */
  readonly effect: Digest
  /** When it came in, Unix milliseconds. */
  readonly queuedAt: number
}

/** The whole state after event `asOfSeq`. */
export interface SpooledState {
  readonly asOfSeq: number
  /** The time of the last change in it, by the agent's clock. */
  readonly takenAt: number
  /** The rows, as they stand in a snapshot. */
  readonly rows: readonly string[]
  readonly digest: Digest
}

/**
 * Where changes wait until the collector has stored them, and the state that they make up. It is bounded: when it is
 * full it forgets the waiting changes, never the state.
 */
export interface Spool {
  /** The random name under which its sequence numbers count. */
  readonly epoch: string
  /** The oldest waiting change, or nextSeq when none waits. */
  readonly firstSeq: number
  readonly nextSeq: number
  /**
   * True until the first look came in: there is no state yet, which is not the same as a state without rows, or only
   * one that an earlier process left. It must not be sent as a snapshot.
   */
  readonly isUntold: boolean
  /** True when the collector has stored all that came in, as events or as part of a snapshot. */
  readonly isDrained: boolean
  /** True while the last changes may not be sent in this epoch, because they could not be made durable. */
  readonly isStuck: boolean
  /** The digest of the state before firstSeq. */
  readonly digest: Digest
  /** Gives the digest of the state after an event; null where that event is forgotten or yet to come. */
  digestAfter(seq: number): Digest | null
  /** What keeps it from doing its work, for the node's state; empty when all is well. */
  readonly gaps: readonly Gap[]
  /** Numbers changes and takes them in. */
  append(changes: readonly Change[]): void
  /** Gives changes that may be sent from `fromSeq` on, of at most so many bytes together, but at least one if any may. */
  read(fromSeq: number, maxBytes: number): readonly SpooledEvent[]
  /** Forgets what the collector has stored. */
  acknowledge(seq: number): void
  /** Gives the state; while the spool is stuck it is not to be sent in this epoch. */
  readState(): SpooledState
  /**
   * Begins a new epoch with the state as it is. Waiting changes are part of it and no longer wait: they are the new
   * epoch's first numbers, so that the snapshot says for how many it stands.
   */
  renew(): void
  /** Looks after itself, at a look and about once a minute: forgets what is too old, and tries again what failed. */
  tend(): void
  /** Nothing comes in or goes out any more. */
  close(): void
}
