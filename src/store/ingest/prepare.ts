import { stateKey } from '../../model/changes.ts'
import type { ReceivedBatch, ReceivedEvent, ReceivedItem, ReceivedPart } from '../../model/stream.ts'
import { factsOf } from '../finding-row.ts'
import { resolutionOf } from './life.ts'
import type { FindingChange, PreparedBatch, PreparedEvent, PreparedPart, RowChange } from './prepared.ts'
import { keptOf } from './state-row.ts'

type Numbered<Change> = Change & { readonly seq: number }

/** Prepares a batch for the store. */
export function prepareBatch({ epoch, firstSeq, events, digest }: ReceivedBatch): PreparedBatch {
  return {
    epoch,
    firstSeq,
    lastSeq: firstSeq + events.length - 1,
    digest,
    events: events.map(describeEvent),
    rows: lastChanges(events),
    findings: events.flatMap(findingChangesOf),
    quarantined: events.flatMap(({ seq, quarantined }) => (quarantined ? [{ ...quarantined, epoch, seq }] : [])),
  }
}

/** Prepares a part of a snapshot. */
export function preparePart({ items, ...part }: ReceivedPart): PreparedPart {
  const { epoch, asOfSeq } = part
  return {
    ...part,
    rows: items.flatMap(stagedRow),
    quarantined: items.flatMap(({ quarantined }) => (quarantined ? [{ ...quarantined, epoch, seq: asOfSeq }] : [])),
  }
}

function describeEvent(received: ReceivedEvent): PreparedEvent {
  const { seq } = received
  if (received.quarantined === undefined) {
    const { at, op, type, key, cause = null } = received.event
    return { seq, at, op, type, key, value: received.text, cause }
  }
  const { problem, effect } = received.quarantined
  const { type, key } = effect ?? { type: '', key: '' }
  return { seq, at: null, op: 'quarantined', type, key, value: null, cause: problem }
}

function lastChanges(events: readonly ReceivedEvent[]): Numbered<RowChange>[] {
  const last = new Map<string, ReceivedEvent>()
  for (const received of events) {
    const row = received.event ?? received.quarantined?.effect
    if (row) last.set(stateKey(row.type, row.key), received)
  }
  return Array.from(last, ([key, received]) => describeRow(key, received))
}

function describeRow(key: string, received: ReceivedEvent): Numbered<RowChange> {
  const { seq } = received
  if (received.quarantined === undefined) {
    const { event, hash } = received
    return { seq, key, type: event.type, hash, kept: keptOf(event.op === 'put' ? event : null) }
  }
  const { type = '', hash = null } = received.quarantined.effect ?? {}
  return { seq, key, type, hash, kept: keptOf(null) }
}

function findingChangesOf({ seq, event }: ReceivedEvent): Numbered<FindingChange>[] {
  if (event?.type !== 'finding') return []
  const { key: id, at } = event
  if (event.op === 'delete') return [{ seq, id, at, resolution: resolutionOf(event.cause) }]
  return [{ seq, id, at, facts: factsOf(event.value) }]
}

function stagedRow(received: ReceivedItem): PreparedPart['rows'][number][] {
  if (received.quarantined === undefined) {
    const { item, hash } = received
    return [{ key: stateKey(item.type, item.key), type: item.type, item: JSON.stringify(item), hash }]
  }
  const { effect } = received.quarantined
  if (effect === null || effect.hash === null) return []
  return [{ key: stateKey(effect.type, effect.key), type: effect.type, item: null, hash: effect.hash }]
}
