import { STATE_TYPES } from '../../model/changes.ts'
import { factsOf } from '../finding-row.ts'
import type { KeptWritten } from '../kept.ts'
import type { NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { foldFindings } from './findings.ts'
import { keyOf, writeRows } from './fold.ts'
import { writeSwap } from './history.ts'
import type { FindingChange, PreparedPart } from './prepared.ts'
import { dropStaged, type SwapChange, type Told } from './told.ts'

/** A whole snapshot, and where it belongs. */
export interface Swap {
  readonly part: PreparedPart
  readonly told: Told
  readonly epochId: number
  /** How many rows of the node could not be read until now. */
  readonly quarantined: number
}

/**
 * Makes a snapshot the node's state. Only rows that differ are touched: a finding that is in both goes on, one that is
 * missing is resolved as `resync`. A new epoch begins here and closes the older ones.
 */
export async function swapState(context: WriteContext, node: NodesTable, swap: Swap): Promise<KeptWritten> {
  const { part, told, epochId, quarantined } = swap
  const { changes, digest } = told
  const { epoch, asOfSeq, takenAt } = part
  const before = new Set(changes.flatMap(({ key, wasThere }) => (wasThere ? [key] : [])))
  await writeRows(context, node.id, changes, before)
  const findings = await foldFindings(
    context,
    node,
    changes.flatMap((change) => findingChangesOf(change, takenAt)),
  )
  const isNew = epochId !== node.epoch_id
  const folded = asOfSeq - (isNew ? 0 : node.acked_seq)
  const place = { nodeId: node.id, epochId, isNew, seq: asOfSeq, at: takenAt, folded, before }
  await writeSwap(context, place, changes)
  await dropStaged(context, node)
  const stored = { epoch, epoch_id: epochId, acked_seq: asOfSeq, digest, quarantined, last_seen_at: context.now }
  await context.trx
    .updateTable('nodes')
    .set({ ...stored, staged_parts: 0 })
    .where('id', '=', node.id)
    .execute()
  const types = STATE_TYPES.filter((type) => changes.some((change) => change.type === type))
  const changed = { node: node.name, types, findings, lastLookAt: node.last_look_at }
  return { outcome: 'stored', ackedSeq: asOfSeq, wantSnapshot: false, changed }
}

function findingChangesOf({ key, type, hash, item }: SwapChange, at: number): FindingChange[] {
  if (item?.type === 'finding') return [{ id: item.key, at, facts: factsOf(item.value) }]
  return type === 'finding' && hash === null ? [{ id: keyOf(type, key), at, resolution: 'resync' }] : []
}
