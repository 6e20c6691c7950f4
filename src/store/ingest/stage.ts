import type { KeptWritten } from '../kept.ts'
import type { Session } from '../store.ts'
import type { NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { beginEpoch, isKnownEpoch } from './epochs.ts'
import type { PreparedPart } from './prepared.ts'
import { keepQuarantined } from './quarantine.ts'
import { readSpeaker } from './session.ts'
import { swapState } from './swap.ts'
import { dropStaged, readStaged, readWhole, type Told } from './told.ts'

/** Stages a part of a snapshot; with the last one the snapshot becomes the node's state. */
export async function stagePart(context: WriteContext, session: Session, part: PreparedPart): Promise<KeptWritten> {
  const node = await readSpeaker(context, session)
  if (node === null) return { outcome: 'fenced' }
  const refusal = await judgePart(context, node, part)
  if (refusal !== null) return { outcome: refusal }
  if (part.part < part.parts) {
    await stageItems(context, node, part, await keepQuarantined(context, node, part.quarantined))
    return { outcome: 'staged' }
  }
  const epochId = (node.epoch === part.epoch ? node.epoch_id : null) ?? (await beginEpoch(context, node.id, part.epoch))
  if (epochId === null) return { outcome: 'wrong-epoch' }
  const quarantined = await keepQuarantined(context, node, part.quarantined)
  const told = await readTold(context, node, part, quarantined)
  return swapState(context, node, { part, told, epochId, quarantined })
}

async function readTold(
  context: WriteContext,
  node: NodesTable,
  part: PreparedPart,
  quarantined: number,
): Promise<Told> {
  if (part.parts === 1) return readWhole(context, node.id, part.rows)
  await stageItems(context, node, part, quarantined)
  return readStaged(context, node.id)
}

async function judgePart(
  context: WriteContext,
  node: NodesTable,
  { epoch, asOfSeq, part, parts }: PreparedPart,
): Promise<'wrong-epoch' | 'out-of-order' | null> {
  const isCurrent = node.epoch === epoch
  // One that comes whole begins its epoch at once, or finds that it is known.
  if (!isCurrent && parts > 1 && (await isKnownEpoch(context, node.id, epoch))) return 'wrong-epoch'
  if (part > parts || (isCurrent && asOfSeq < node.acked_seq)) return 'out-of-order'
  if (part === 1) return null
  const goesOn = node.staged_epoch === epoch && node.staged_seq === asOfSeq && node.staged_parts === part - 1
  return goesOn ? null : 'out-of-order'
}

async function stageItems(
  context: WriteContext,
  node: NodesTable,
  part: PreparedPart,
  quarantined: number,
): Promise<void> {
  const { trx, statements, now } = context
  const { epoch, asOfSeq } = part
  if (part.part === 1) await dropStaged(context, node)
  const rows = part.rows.map((row) => ({ node_id: node.id, ...row }))
  await statements.insertStaged.write(trx, rows)
  await trx
    .updateTable('nodes')
    .set({ staged_parts: part.part, staged_epoch: epoch, staged_seq: asOfSeq, quarantined, last_seen_at: now })
    .where('id', '=', node.id)
    .execute()
}
