import * as z from 'zod'
import { STATE_TYPES, type StateItem } from '../model/changes.ts'
import type { Digest } from '../model/digest.ts'
import type {
  Quarantined,
  ReceivedBatch,
  ReceivedEvent,
  ReceivedItem,
  ReceivedPart,
  RowEffect,
} from '../model/stream.ts'
import { canonicalJson } from './canonical-json.ts'
import { hashRow, parseDigest } from './digest.ts'
import { encodeRow } from './encode.ts'
import { FIRST_FAULT } from './first-fault.ts'
import { type BatchFrame, ProtocolError, problemOf, type SnapshotFrame } from './protocol.ts'
import { column, MAX_KEY_LENGTH, valueSchemas } from './state-schema.ts'

const MAX_RAW_LENGTH = 4096
const TOO_DEEP = 'its value nests too deep'

const key = column(MAX_KEY_LENGTH)
const at = z.int().nonnegative()
const cause = column(1024).exactOptional()

const node = z.object({ type: z.literal('node'), key, value: valueSchemas.node })
const container = z.object({ type: z.literal('container'), key, value: valueSchemas.container })
const port = z.object({ type: z.literal('port'), key, value: valueSchemas.port })
const finding = z.object({ type: z.literal('finding'), key, value: valueSchemas.finding })
const gap = z.object({ type: z.literal('gap'), key, value: valueSchemas.gap })

const itemSchema = z
  .discriminatedUnion('type', [node, container, port, finding, gap])
  .refine(hasOwnKey, 'the key is not the one of its value') satisfies z.ZodType<StateItem>

// A put is read in one pass: most of what an event costs is here.
const put = { op: z.literal('put'), at, cause }
const putSchema = z
  .discriminatedUnion('type', [
    node.extend(put),
    container.extend(put),
    port.extend(put),
    finding.extend(put),
    gap.extend(put),
  ])
  .refine(hasOwnKey, 'the key is not the one of its value')
const deleteSchema = z.object({ op: z.literal('delete'), at, cause, type: z.enum(STATE_TYPES), key })

/** Tells whether this version can read a row, as it stands in a snapshot. */
export function isStateItem(raw: unknown): raw is StateItem {
  return itemSchema.safeParse(raw, FIRST_FAULT).success
}

/** What is needed of a row to keep the digest right, though its value says nothing to this version. */
const effectSchema = z.object({ type: z.string().regex(/^[a-z][a-z-]{0,31}$/), key })

/**
 * Reads the events of a batch one by one; one that this version cannot read is kept raw.
 *
 * @throws ProtocolError when the events are not numbered one after another from firstSeq
 */
export function readBatch({ epoch, firstSeq, events, digest }: BatchFrame): ReceivedBatch {
  return {
    epoch,
    firstSeq,
    events: events.map((event, index) => readEvent(event, firstSeq + index)),
    digest: parseDigest(digest),
  }
}

/** Reads the rows of a snapshot's part one by one; one that this version cannot read is kept raw. */
export function readPart({ type: _, items, ...part }: SnapshotFrame): ReceivedPart {
  return { ...part, items: items.map(readItem) }
}

function readEvent(raw: unknown, seq: number): ReceivedEvent {
  if (propertyOf(raw, 'seq') !== seq) {
    throw new ProtocolError(`event ${seq} is not where it belongs`, { reason: 'malformed' })
  }
  return propertyOf(raw, 'op') === 'put' ? readPut(raw, seq) : readDelete(raw, seq)
}

function readPut(raw: unknown, seq: number): ReceivedEvent {
  const put = putSchema.safeParse(raw, FIRST_FAULT)
  if (!put.success) return { seq, quarantined: quarantine(raw, 'put', problemOf(put.error)) }
  const text = valueText(raw)
  if (text === null) return { seq, quarantined: quarantine(raw, 'put', TOO_DEEP) }
  const { type, key } = put.data
  return { seq, event: { seq, ...put.data }, hash: hashOf(raw, type, key, text), text }
}

function readDelete(raw: unknown, seq: number): ReceivedEvent {
  const gone = deleteSchema.safeParse(raw, FIRST_FAULT)
  if (gone.success) return { seq, event: { seq, ...gone.data }, hash: null, text: null }
  return { seq, quarantined: quarantine(raw, propertyOf(raw, 'op'), problemOf(gone.error)) }
}

function readItem(raw: unknown): ReceivedItem {
  const item = itemSchema.safeParse(raw, FIRST_FAULT)
  if (!item.success) return { quarantined: quarantine(raw, 'put', problemOf(item.error)) }
  const { type, key } = item.data
  const text = valueText(raw)
  if (text === null) return { quarantined: quarantine(raw, 'put', TOO_DEEP) }
  return { item: item.data, hash: hashOf(raw, type, key, text), text }
}

function quarantine(raw: unknown, op: unknown, problem: string): Quarantined {
  return { problem, raw: textOf(raw), effect: effectOf(raw, op) }
}

function effectOf(raw: unknown, op: unknown): RowEffect | null {
  const row = effectSchema.safeParse(raw, FIRST_FAULT)
  if (!row.success || (op !== 'put' && op !== 'delete')) return null
  const { type, key } = row.data
  if (op === 'delete') return { op, type, key, hash: null }
  const text = valueText(raw)
  return text === null ? null : { op, type, key, hash: hashOf(raw, type, key, text) }
}

/** Hashes a row as its agent does: with the key that it sent, of which half of a surrogate pair may be read otherwise. */
function hashOf(raw: unknown, type: string, key: string, text: string): Digest {
  const sent = key.includes('\ufffd') ? propertyOf(raw, 'key') : key
  return hashRow(encodeRow(type, typeof sent === 'string' ? sent : key, text))
}

/** Writes the value as it came, with the fields that this version does not know; null when it nests too deep. */
function valueText(raw: unknown): string | null {
  return canonicalJson(propertyOf(raw, 'value'))
}

function textOf(raw: unknown): string {
  try {
    return JSON.stringify(raw).slice(0, MAX_RAW_LENGTH)
  } catch (error) {
    // Nested so deep that the stack cannot hold it.
    if (error instanceof RangeError) return ''
    throw error
  }
}

function propertyOf(raw: unknown, name: string): unknown {
  return typeof raw === 'object' && raw !== null ? Reflect.get(raw, name) : undefined
}

/** Rows that carry their own name must be keyed by it, or two rows could claim to be one. */
function hasOwnKey({ type, key, value }: StateItem): boolean {
  if (type === 'node') return value.name === key
  return type === 'container' || type === 'finding' ? value.id === key : true
}
