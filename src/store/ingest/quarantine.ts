import type { Quarantined } from '../../model/stream.ts'
import type { NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'

/** How many are kept of each node. */
const KEPT = 100

/** Something that could not be read, and where in the stream it came. */
export interface QuarantinedAt extends Quarantined {
  readonly epoch: string
  readonly seq: number
}

/** Keeps what could not be read, the newest of each node, and gives how many there have been now. */
export async function keepQuarantined(
  { trx, statements, now }: WriteContext,
  node: NodesTable,
  items: readonly QuarantinedAt[],
): Promise<number> {
  if (items.length === 0) return node.quarantined
  const count = node.quarantined + items.length
  const kept = items.slice(-KEPT)
  const rows = kept.map(({ epoch, seq, problem, raw }, index) => ({
    node_id: node.id,
    number: count - kept.length + index + 1,
    epoch,
    seq,
    received_at: now,
    problem,
    raw,
  }))
  await statements.insertQuarantine.write(trx, rows)
  await trx
    .deleteFrom('quarantine')
    .where('node_id', '=', node.id)
    .where('number', '<=', count - KEPT)
    .execute()
  return count
}
