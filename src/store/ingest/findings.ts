import type { Finding } from '../../model/finding.ts'
import type { FindingView, Resolution } from '../../model/view.ts'
import { decodeFinding, encodeFinding, viewOfFinding } from '../finding-row.ts'
import type { NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { type FindingLife, lifeAfterDelete, lifeAfterPut } from './life.ts'

/** A change of a finding at a time of the collector's clock. */
export type FindingChange =
  | { readonly id: string; readonly at: number; readonly finding: Finding }
  | { readonly id: string; readonly at: number; readonly resolution: Resolution }

/** Brings changes into the lives of a node's findings, in order, and gives those findings as they are now. */
export async function foldFindings(
  { trx, statements }: WriteContext,
  node: NodesTable,
  changes: readonly FindingChange[],
): Promise<FindingView[]> {
  const ids = [...new Set(changes.map(({ id }) => id))]
  const rows = await statements.selectFindings.run(trx, node.id, ids)
  const lives = new Map(rows.map((row) => [row.id, decodeFinding(row)]))
  for (const change of changes) {
    const life = lifeAfter(lives.get(change.id), change, node.last_look_at)
    if (life !== undefined) lives.set(change.id, life)
  }
  const changed = [...lives.values()]
  await statements.putFindings.write(
    trx,
    changed.map((life) => encodeFinding(node.id, life)),
  )
  return changed.map((life) => viewOfFinding(node.name, life, node.last_look_at))
}

function lifeAfter(
  life: FindingLife | undefined,
  change: FindingChange,
  lastLookAt: number | null,
): FindingLife | undefined {
  if ('finding' in change) return lifeAfterPut(life, change.finding, change.at)
  return life && lifeAfterDelete(life, change.resolution, change.at, lastLookAt)
}
