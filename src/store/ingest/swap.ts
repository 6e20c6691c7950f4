import { STATE_TYPES, type StateItem } from '../../model/changes.ts'
import { type Digest, emptyDigest, toggle } from '../../model/digest.ts'
import { factsOf } from '../finding-row.ts'
import type { KeptWritten } from '../kept.ts'
import type { NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { beginEpoch } from './epochs.ts'
import { foldFindings } from './findings.ts'
import { foldRows, keyOf } from './fold.ts'
import { writeSwap } from './history.ts'
import type { FindingChange, PreparedPart, RowChange } from './prepared.ts'
import { keptOf } from './state-row.ts'

/** A row that a snapshot changes: null as item is one that goes, or that could not be read. */
export interface SwapChange extends RowChange {
  readonly item: StateItem | null
}

/**
 * Makes the staged snapshot the node's state. Only rows that differ are touched: a finding that is in both goes on, one
 * that is missing is resolved as `resync`. A new epoch begins here and closes the older ones.
 */
export async function swapState(context: WriteContext, node: NodesTable, part: PreparedPart): Promise<KeptWritten> {
  const { trx } = context
  const { epoch, asOfSeq } = part
  const current = node.epoch === epoch ? node.epoch_id : null
  const epochId = current ?? (await beginEpoch(context, node.id, epoch))
  const changes = await diffStaged(context, node.id)
  const { before } = await foldRows(context, node.id, node.digest, changes)
  const findings = await foldFindings(
    context,
    node,
    changes.flatMap((change) => findingChangesOf(change, part.takenAt)),
  )
  const folded = asOfSeq - (current === null ? 0 : node.acked_seq)
  await writeSwap(context, { nodeId: node.id, epochId, seq: asOfSeq, at: part.takenAt, folded, before }, changes)
  const digest = await digestStaged(context, node.id)
  await trx
    .updateTable('nodes')
    .set({ epoch, epoch_id: epochId, acked_seq: asOfSeq, digest, staged_parts: 0 })
    .where('id', '=', node.id)
    .execute()
  await trx.deleteFrom('staged').where('node_id', '=', node.id).execute()
  const types = STATE_TYPES.filter((type) => changes.some((change) => change.type === type))
  const changed = { node: node.name, types, findings, lastLookAt: node.last_look_at }
  return { outcome: 'stored', ackedSeq: asOfSeq, wantSnapshot: false, changed }
}

/** Gives the rows that differ between the state and the snapshot: those to delete first. */
async function diffStaged({ trx }: WriteContext, nodeId: number): Promise<SwapChange[]> {
  const missing = await trx
    .selectFrom('state')
    .leftJoin('staged', (join) =>
      join.onRef('staged.node_id', '=', 'state.node_id').onRef('staged.key', '=', 'state.key'),
    )
    .select(['state.key', 'state.type'])
    .where('state.node_id', '=', nodeId)
    .where('staged.key', 'is', null)
    .orderBy('state.key')
    .execute()
  const put = await trx
    .selectFrom('staged')
    .leftJoin('state', (join) =>
      join.onRef('state.node_id', '=', 'staged.node_id').onRef('state.key', '=', 'staged.key'),
    )
    .select(['staged.key', 'staged.type', 'staged.hash', 'staged.item'])
    .where('staged.node_id', '=', nodeId)
    .where(({ eb, or, ref }) => or([eb('state.key', 'is', null), eb('state.hash', '!=', ref('staged.hash'))]))
    .orderBy('staged.key')
    .execute()
  return [
    ...missing.map(({ key, type }) => changeOf(key, type, null, null)),
    ...put.map(({ key, type, hash, item }) => changeOf(key, type, hash, item === null ? null : parseItem(item))),
  ]
}

function changeOf(key: string, type: string, hash: Digest | null, item: StateItem | null): SwapChange {
  return { key, type, hash, item, kept: keptOf(item) }
}

function parseItem(text: string): StateItem {
  return JSON.parse(text)
}

async function digestStaged({ trx }: WriteContext, nodeId: number): Promise<Digest> {
  const digest = emptyDigest()
  for (const { hash } of await trx.selectFrom('staged').select('hash').where('node_id', '=', nodeId).execute()) {
    toggle(digest, hash)
  }
  return digest
}

function findingChangesOf({ key, type, hash, item }: SwapChange, at: number): FindingChange[] {
  if (item?.type === 'finding') return [{ id: item.key, at, facts: factsOf(item.value) }]
  return type === 'finding' && hash === null ? [{ id: keyOf(type, key), at, resolution: 'resync' }] : []
}
