import { sameDigest } from '../../model/digest.ts'
import type { KeptWritten } from '../kept.ts'
import type { Session } from '../store.ts'
import type { NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { foldFindings } from './findings.ts'
import { foldRows } from './fold.ts'
import { historyOf } from './history.ts'
import type { PreparedBatch } from './prepared.ts'
import { keepQuarantined } from './quarantine.ts'
import { readSpeaker } from './session.ts'
import { batchParameters } from './statements.ts'

/** A diverged agent is asked for its whole state at most so often. */
const SNAPSHOT_INTERVAL_MS = 10 * 60_000

/** Stores a batch once: what was stored before is skipped, what leaves a hole is refused. */
export async function applyBatch(context: WriteContext, session: Session, batch: PreparedBatch): Promise<KeptWritten> {
  const node = await readSpeaker(context, session)
  if (node === null) return { outcome: 'fenced' }
  const { acked_seq, epoch, epoch_id } = node
  if (epoch_id === null || epoch !== batch.epoch) return { outcome: 'wrong-epoch' }
  if (batch.firstSeq > acked_seq + 1) return { outcome: 'out-of-order' }
  if (batch.lastSeq <= acked_seq) {
    return { outcome: 'stored', ackedSeq: acked_seq, wantSnapshot: false, changed: null }
  }
  const fresh = batch.firstSeq > acked_seq ? batch : after(acked_seq, batch)
  return storeEvents(context, { node, epochId: epoch_id }, fresh)
}

function after(acked: number, batch: PreparedBatch): PreparedBatch {
  const isFresh = ({ seq }: { readonly seq: number }) => seq > acked
  return {
    ...batch,
    events: batch.events.filter(isFresh),
    rows: batch.rows.filter(isFresh),
    findings: batch.findings.filter(isFresh),
    quarantined: batch.quarantined.filter(isFresh),
  }
}

interface Speaker {
  readonly node: NodesTable
  readonly epochId: number
}

async function storeEvents(
  context: WriteContext,
  { node, epochId }: Speaker,
  batch: PreparedBatch,
): Promise<KeptWritten> {
  const { trx, statements, now } = context
  const { digest, before } = await foldRows(context, node.id, node.digest, batch.rows)
  await statements.insertEvents.write(trx, historyOf(batch.events, { nodeId: node.id, epochId, now, before }))
  const findings = await foldFindings(context, node, batch.findings)
  const quarantined = await keepQuarantined(context, node, batch.quarantined)
  const diverged = !sameDigest(digest, batch.digest)
  // A clock that was set back must not keep us from asking until it comes there again.
  const wantSnapshot = diverged && Math.abs(now - (node.snapshot_asked_at ?? 0)) >= SNAPSHOT_INTERVAL_MS
  const stored = {
    acked_seq: batch.lastSeq,
    digest,
    last_seen_at: now,
    quarantined,
    digest_mismatches: node.digest_mismatches + (diverged ? 1 : 0),
    snapshot_asked_at: wantSnapshot ? now : node.snapshot_asked_at,
  }
  await statements.noteBatch.run(trx, batchParameters(node.id, stored))
  const types = [...new Set(batch.events.flatMap(({ op, type }) => (op === 'quarantined' ? [] : [type])))]
  const changed = { node: node.name, types, findings, lastLookAt: node.last_look_at }
  return { outcome: 'stored', ackedSeq: batch.lastSeq, wantSnapshot, changed }
}
