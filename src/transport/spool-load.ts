import type { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { type KeyedState, type StateItem, stateKey } from '../model/changes.ts'
import { sameDigest } from '../model/digest.ts'
import { KeptRows } from './kept-rows.ts'
import type { SavedSpool } from './memory-spool.ts'
import { isStateItem } from './received.ts'
import type { SpooledEvent } from './spool.ts'
import { eventSchema, headSchema, type SpoolHead, stateSchema } from './spool-schema.ts'
import { SpoolError } from './spool-trouble.ts'

/** What a file holds: the spool, and its state as the agent told it. */
export interface LoadedSpool {
  readonly saved: SavedSpool
  readonly state: KeyedState
  readonly head: SpoolHead
}

/**
 * Reads all that a spool's file holds; null where it is new.
 *
 * @throws {SpoolError} when it is damaged, or its rows are of another version
 */
export function loadSpool(database: DatabaseSync): LoadedSpool | null {
  const [verdict] = database.prepare('PRAGMA quick_check(1)').all()
  if (verdict?.['quick_check'] !== 'ok') throw damage(`quick_check says ${verdict?.['quick_check']}`)
  const first = database.prepare('SELECT * FROM head').get()
  if (first === undefined) return null
  const head = parse(headSchema, first)
  const rows = parse(z.array(stateSchema), database.prepare('SELECT key, row FROM state ORDER BY rowid').all())
  const texts = rows.map(({ key, row }) => [key, row] as const)
  if (!sameDigest(new KeptRows(texts).digest, head.digest)) throw damage('its rows are not those that were written')
  const saved = {
    epoch: head.epoch,
    nextSeq: head.next_seq,
    lastAt: head.last_at,
    owedSeq: head.owed_seq,
    forgotten: head.forgotten,
    rows: texts,
    events: loadEvents(database, head),
  }
  return { saved, head, state: new Map(rows.map(({ row }) => readRow(row))) }
}

function loadEvents(database: DatabaseSync, head: SpoolHead): SpooledEvent[] {
  const found = database.prepare('SELECT seq, event, effect, queued_at FROM events ORDER BY seq').all()
  const events = parse(z.array(eventSchema), found)
  const isWhole = events.length === head.next_seq - head.first_seq
  if (!isWhole || events.some(({ seq }, index) => seq !== head.first_seq + index)) throw damage('events are missing')
  return events.map(({ seq, event, effect, queued_at }) => {
    return { seq, text: event, bytes: Buffer.byteLength(event), effect, queuedAt: queued_at }
  })
}

function readRow(text: string): readonly [string, StateItem] {
  const item: unknown = JSON.parse(text)
  if (isStateItem(item)) return [stateKey(item.type, item.key), item]
  throw new SpoolError('the spool holds a row that this version cannot read', { code: 'version' })
}

function parse<Value>(schema: z.ZodType<Value>, found: unknown): Value {
  const parsed = schema.safeParse(found)
  if (parsed.success) return parsed.data
  throw new SpoolError('the spool does not keep its shape', { code: 'damaged', cause: parsed.error })
}

function damage(what: string): SpoolError {
  return new SpoolError(`the spool is damaged: ${what}`, { code: 'damaged' })
}
