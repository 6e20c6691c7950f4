import { stateKey } from '../../model/changes.ts'
import type { ReceivedItem, ReceivedPart } from '../../model/stream.ts'
import type { Session, Written } from '../store.ts'
import type { NodesTable, StagedTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { isKnownEpoch } from './epochs.ts'
import { keepQuarantined } from './quarantine.ts'
import { readSpeaker } from './session.ts'
import { swapState } from './swap.ts'

/** Stages a part of a snapshot; with the last one the snapshot becomes the node's state. */
export async function stagePart(context: WriteContext, session: Session, part: ReceivedPart): Promise<Written> {
  const node = await readSpeaker(context, session)
  if (node === null) return { outcome: 'fenced' }
  const refusal = await judgePart(context, node, part)
  if (refusal !== null) return { outcome: refusal }
  await stageItems(context, node, part)
  return part.part === part.parts ? swapState(context, node, part) : { outcome: 'staged' }
}

async function judgePart(
  context: WriteContext,
  node: NodesTable,
  { epoch, asOfSeq, part, parts }: ReceivedPart,
): Promise<'wrong-epoch' | 'out-of-order' | null> {
  const isCurrent = node.epoch === epoch
  if (!isCurrent && (await isKnownEpoch(context, node.id, epoch))) return 'wrong-epoch'
  if (part > parts || (isCurrent && asOfSeq < node.acked_seq)) return 'out-of-order'
  if (part === 1) return null
  const goesOn = node.staged_epoch === epoch && node.staged_seq === asOfSeq && node.staged_parts === part - 1
  return goesOn ? null : 'out-of-order'
}

async function stageItems(context: WriteContext, node: NodesTable, part: ReceivedPart): Promise<void> {
  const { trx, statements, now } = context
  const { epoch, asOfSeq, items } = part
  if (part.part === 1) await trx.deleteFrom('staged').where('node_id', '=', node.id).execute()
  const rows = items.flatMap((item) => stagedRow(node.id, item))
  await statements.insertStaged.write(trx, rows)
  const strange = items.flatMap(({ quarantined }) => (quarantined ? [{ ...quarantined, epoch, seq: asOfSeq }] : []))
  const quarantined = await keepQuarantined(context, node, strange)
  await trx
    .updateTable('nodes')
    .set({ staged_parts: part.part, staged_epoch: epoch, staged_seq: asOfSeq, quarantined, last_seen_at: now })
    .where('id', '=', node.id)
    .execute()
}

function stagedRow(nodeId: number, received: ReceivedItem): StagedTable[] {
  if (received.quarantined === undefined) {
    const { item, hash } = received
    const key = stateKey(item.type, item.key)
    return [{ node_id: nodeId, key, type: item.type, item: JSON.stringify(item), hash }]
  }
  const { effect } = received.quarantined
  if (effect === null || effect.hash === null) return []
  return [{ node_id: nodeId, key: stateKey(effect.type, effect.key), type: effect.type, item: null, hash: effect.hash }]
}
