import type { CommandRequest } from '../../model/command.ts'
import type { ConnectedAgent } from '../../transport/connected-agent.ts'
import type { AskedCommand, CommandAnswer } from '../../transport/pending-commands.ts'
import { readResult } from '../../transport/result-schema.ts'

/** Asks an agent that is connected to this collector, and reads what it answers: whatever is no result is told as that. */
export async function askHere(
  agent: ConnectedAgent,
  node: string,
  command: AskedCommand,
  signal: AbortSignal,
): Promise<CommandAnswer> {
  const answer = await agent.ask(command, signal)
  return answer.status === 'done' ? read(command.request, node, answer.text) : answer
}

function read({ command }: CommandRequest, node: string, text: string): CommandAnswer {
  try {
    return { status: 'done', text: readResult(command, node, text) }
  } catch (error) {
    return { status: 'bad-reply', reason: error instanceof Error ? error.message : String(error) }
  }
}
