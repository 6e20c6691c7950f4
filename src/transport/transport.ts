import type { Change } from '../model/changes.ts'
import type { Look } from '../model/look.ts'

/** The agent's way to a collector: at least once on the wire, exactly once in the store. */
export interface Transport {
  /** Numbers and queues changes. Never waits for the network and never loses state. */
  publish(changes: readonly Change[]): void
  /** Says "still so" when connected; a look that cannot be sent is dropped, the next one says the same. */
  look(look: Look): void
  /** Sends what is queued and closes; gives up what is unsent when the signal fires. */
  close(signal: AbortSignal): Promise<void>
}
