import type { Change } from '../model/changes.ts'
import type { Digest } from '../model/digest.ts'

/** A change that waits to be sent or acknowledged. */
export interface SpooledEvent {
  readonly seq: number
  /** As it stands in a batch. */
  readonly text: string
  readonly bytes: number
  /** What it toggles in the state's digest: the old row's hash and the new one's. */
  readonly effect: Digest
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
  /** True until the first change came in: there is no state yet, which is not the same as a state without rows. */
  readonly isUntold: boolean
  /** True when the collector has stored all that came in, as events or as part of a snapshot. */
  readonly isDrained: boolean
  /** The digest of the state before firstSeq. */
  readonly digest: Digest
  /** Numbers changes and takes them in; resolves when they may be sent. */
  append(changes: readonly Change[]): Promise<void>
  /** Gives waiting changes from `fromSeq` on, of at most so many bytes together, but at least one if any waits. */
  read(fromSeq: number, maxBytes: number): readonly SpooledEvent[]
  /** Forgets what the collector has stored. */
  acknowledge(seq: number): void
  readState(): SpooledState
  /** Begins a new epoch with the state as it is; waiting changes are part of it and no longer wait. */
  renew(): void
}
