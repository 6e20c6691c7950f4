import type { Session } from '../store.ts'
import type { NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'

/** Reads the node that a session speaks for; null when a newer session has fenced it. */
export async function readSpeaker(
  { trx, statements }: WriteContext,
  { nodeId, number }: Session,
): Promise<NodesTable | null> {
  const [node = null] = await statements.selectSpeaker.run(trx, [nodeId, number])
  return node
}
