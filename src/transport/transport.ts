import type { Change } from '../model/changes.ts'
import type { CommandName, CommandRequest } from '../model/command.ts'
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

/** What an agent does when an operator asks, all of it bounded by whoever does it. */
export interface CommandDoer {
  /** What this agent was allowed at its start; nothing else is ever done. */
  readonly allowed: readonly CommandName[]
  /**
   * Gives the result, fit for JSON.
   *
   * @throws CommandRefusal when it cannot be asked so, else whatever it failed for
   */
  carryOut(request: CommandRequest, signal: AbortSignal): Promise<object>
}

/** Says why a command is not done, in words for who asked. */
export class CommandRefusal extends Error {
  readonly code = 'refused'
}
