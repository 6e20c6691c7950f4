import type { Rival } from '../../model/speaker.ts'
import type { Hello } from '../../model/stream.ts'
import type { RollCall } from '../roll-call.ts'
import type { NodesTable } from '../tables.ts'

/**
 * Tells whether a hello was overtaken by a later one of the same process: whoever read it was frozen, or waited for the
 * database, while its agent moved on.
 */
export function isOutOfDate({ run, attempt }: NodesTable, hello: Hello): boolean {
  return run !== null && run === hello.run && attempt !== null && attempt >= (hello.attempt ?? attempt)
}

/** Finds who else may speak for the agent: not its own process, nor through our own collector, which knows its connections. */
export function rivalOf(node: NodesTable, { agentId, run }: Hello, rollCall: RollCall): Rival | null {
  const { replica, session } = node
  if (node.connected === 0 || node.agent_id !== agentId || replica === null || replica === rollCall.replica) return null
  if (node.run !== null && node.run === run) return null
  return { session, isAlive: () => rollCall.ask(replica, agentId) }
}
