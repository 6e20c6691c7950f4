import type { CommandRequest } from '../../model/command.ts'
import type { CommandAnswer } from '../../transport/pending-commands.ts'

/** A command as an operator asks it. */
export interface OperatorCommand {
  readonly node: string
  readonly request: CommandRequest
  readonly timeoutMs: number
  /** Who asks, for the audit and for how often. */
  readonly operator: string
  readonly address: string
}

/**
 * What became of a command. Beside what its agent answers: `unknown-node`, no agent ever spoke for it; `not-connected`,
 * its agent is connected to no collector; `too-many`, the operator asks too often, or too many commands wait.
 */
export type Outcome =
  | CommandAnswer
  | { readonly status: 'unknown-node' | 'not-connected'; readonly reason: string }
  | { readonly status: 'too-many'; readonly reason: string; readonly retryAfterS: number }
