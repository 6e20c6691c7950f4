import { COMMANDS } from '../model/command.ts'
import type { Hello } from '../model/stream.ts'
import type { AskedCommand, CommandAnswer, PendingCommands } from './pending-commands.ts'

/** An agent on one connection, as those see it who ask it something. */
export interface ConnectedAgent {
  readonly agentId: string
  /** Asks, unless it has said that it would refuse; settles by the deadline, or when the signal gives it up. */
  ask(command: AskedCommand, signal: AbortSignal): Promise<CommandAnswer>
}

/** Makes what asks the agent of a connection. */
export function connectedAgent(session: {
  readonly hello: Hello | null
  readonly commands: PendingCommands
}): ConnectedAgent {
  const { agentId = '', commands: allowed } = session.hello ?? {}
  return {
    agentId,
    ask: async (command, signal) => {
      const reason = whyNot(allowed, command)
      return reason === null ? session.commands.ask(command, signal) : { status: 'refused', reason }
    },
  }
}

function whyNot(allowed: Hello['commands'], { request: { command } }: AskedCommand): string | null {
  if (allowed === undefined) return 'the agent is of a version that takes no commands'
  if (allowed.includes(command)) return null
  const known = COMMANDS.filter((one) => allowed.includes(one))
  return known.length === 0 ? 'the agent allows no commands' : `the agent allows ${known.join(', ')} only`
}
