import { stateKey } from '../../model/changes.ts'
import { sameDigest } from '../../model/digest.ts'
import type { ReceivedBatch, ReceivedEvent } from '../../model/stream.ts'
import type { Session, Written } from '../store.ts'
import type { NodesTable } from '../tables.ts'
import type { WriteContext } from '../writer.ts'
import { onCollectorClock } from './clock.ts'
import { type FindingChange, foldFindings } from './findings.ts'
import { foldRows, type RowChange } from './fold.ts'
import { historyOf } from './history.ts'
import { resolutionOf } from './life.ts'
import { keepQuarantined, type QuarantinedAt } from './quarantine.ts'
import { readSpeaker } from './session.ts'
import { batchParameters } from './statements.ts'

/** A diverged agent is asked for its whole state at most so often. */
const SNAPSHOT_INTERVAL_MS = 10 * 60_000

/** Stores a batch once: what was stored before is skipped, what leaves a hole is refused. */
export async function applyBatch(context: WriteContext, session: Session, batch: ReceivedBatch): Promise<Written> {
  const node = await readSpeaker(context, session)
  if (node === null) return { outcome: 'fenced' }
  if (node.epoch_id === null || node.epoch !== batch.epoch) return { outcome: 'wrong-epoch' }
  if (batch.firstSeq > node.acked_seq + 1) return { outcome: 'out-of-order' }
  const fresh = batch.events.slice(node.acked_seq + 1 - batch.firstSeq)
  if (fresh.length === 0) return { outcome: 'stored', ackedSeq: node.acked_seq, wantSnapshot: false, changed: null }
  return storeEvents(context, { node, epochId: node.epoch_id }, batch, fresh)
}

interface Speaker {
  readonly node: NodesTable
  readonly epochId: number
}

async function storeEvents(
  context: WriteContext,
  { node, epochId }: Speaker,
  batch: ReceivedBatch,
  fresh: readonly ReceivedEvent[],
): Promise<Written> {
  const { trx, statements, now } = context
  const { digest, before } = await foldRows(context, node.id, node.digest, fresh.flatMap(rowChangesOf))
  await statements.insertEvents.write(trx, historyOf(fresh, { nodeId: node.id, epochId, now, before }))
  const findings = await foldFindings(
    context,
    node,
    fresh.flatMap((received) => findingChangesOf(received, node, now)),
  )
  const quarantined = await keepQuarantined(
    context,
    node,
    fresh.flatMap((received) => quarantinedIn(received, batch)),
  )
  const ackedSeq = batch.firstSeq + batch.events.length - 1
  const diverged = !sameDigest(digest, batch.digest)
  const wantSnapshot = diverged && now - (node.snapshot_asked_at ?? 0) >= SNAPSHOT_INTERVAL_MS
  const stored = {
    acked_seq: ackedSeq,
    digest,
    last_seen_at: now,
    quarantined,
    digest_mismatches: node.digest_mismatches + (diverged ? 1 : 0),
    snapshot_asked_at: wantSnapshot ? now : node.snapshot_asked_at,
  }
  await statements.noteBatch.run(trx, batchParameters(node.id, stored))
  const types = [...new Set(fresh.flatMap(({ event }) => event?.type ?? []))]
  return { outcome: 'stored', ackedSeq, wantSnapshot, changed: { node: node.name, types, findings } }
}

function rowChangesOf(received: ReceivedEvent): RowChange[] {
  if (received.quarantined !== undefined) {
    const { effect } = received.quarantined
    if (effect === null) return []
    return [{ key: stateKey(effect.type, effect.key), type: effect.type, hash: effect.hash, item: null }]
  }
  const { event, hash } = received
  const { type, key } = event
  return [{ key: stateKey(type, key), type, hash, item: event.op === 'put' ? event : null }]
}

function findingChangesOf({ event }: ReceivedEvent, node: NodesTable, now: number): FindingChange[] {
  if (event?.type !== 'finding') return []
  const at = onCollectorClock(node, event.at, now)
  if (event.op === 'delete') return [{ id: event.key, at, resolution: resolutionOf(event.cause) }]
  return [{ id: event.key, at, finding: event.value }]
}

function quarantinedIn({ seq, quarantined }: ReceivedEvent, { epoch }: ReceivedBatch): QuarantinedAt[] {
  return quarantined === undefined ? [] : [{ ...quarantined, epoch, seq }]
}
