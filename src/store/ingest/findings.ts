import type { FindingsTable, NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { onCollectorClock } from './clock.ts'
import { rowAfterDelete, rowAfterPut } from './life.ts'
import type { FindingChange } from './prepared.ts'

/** Brings changes into the lives of a node's findings, in order, and gives those findings as they are now. */
export async function foldFindings(
  { trx, statements, now }: WriteContext,
  node: NodesTable,
  changes: readonly FindingChange[],
): Promise<FindingsTable[]> {
  const ids = [...new Set(changes.map(({ id }) => id))]
  const known = await statements.selectFindings.run(trx, node.id, ids)
  const rows = new Map(known.map((row) => [row.id, row]))
  for (const change of changes) {
    const row = rowAfter(rows.get(change.id), change, node, onCollectorClock(node, change.at, now))
    if (row !== undefined) rows.set(change.id, row)
  }
  const changed = [...rows.values()]
  await statements.putFindings.write(trx, changed)
  return changed
}

function rowAfter(
  row: FindingsTable | undefined,
  change: FindingChange,
  node: NodesTable,
  at: number,
): FindingsTable | undefined {
  if ('facts' in change) return rowAfterPut(row, node.id, change.facts, at)
  return row && rowAfterDelete(row, change.resolution, at, node.last_look_at)
}
