import { DatabaseSync } from 'node:sqlite'
import type { Change } from '../../src/model/changes.ts'
import { type Digest, toggle } from '../../src/model/digest.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { Hello, ReceivedBatch, ReceivedPart } from '../../src/model/stream.ts'
import { digestText } from '../../src/transport/digest.ts'
import type { TransportLog } from '../../src/transport/log.ts'
import { MemorySpool } from '../../src/transport/memory-spool.ts'
import { type AgentFrame, encodeRows, ProtocolError, parseAgentFrame } from '../../src/transport/protocol.ts'
import { readBatch, readPart } from '../../src/transport/received.ts'
import { finding, TAKEN_AT } from './builders.ts'

/** A log that keeps nothing. */
export const quiet: TransportLog = { info: () => undefined, warn: () => undefined }

/** A log that keeps its messages and fields. */
export function recordingLog(): TransportLog & { readonly lines: readonly (readonly [string, object])[] } {
  const lines: (readonly [string, object])[] = []
  const record = (fields: object, message: string) => void lines.push([message, fields])
  return { lines, info: record, warn: record }
}

/** An id of 32 hex digits that is easy to read. */
export function findingId(name: string | number): string {
  return Buffer.from(String(name)).toString('hex').padEnd(32, '0').slice(0, 32)
}

export function putFinding(name: string | number, given: Partial<Finding> = {}, at = TAKEN_AT): Change {
  const id = findingId(name)
  return { op: 'put', at, type: 'finding', key: id, value: finding({ id, ...given }) }
}

export function deleteFinding(name: string | number, cause = 'fixed', at = TAKEN_AT): Change {
  return { op: 'delete', at, type: 'finding', key: findingId(name), cause }
}

/** What a made-up agent sends, numbered and hashed as a real one does it. */
export interface TestStream {
  readonly spool: MemorySpool
  hello(given?: Partial<Hello>): Hello
  /** The frame of these changes. */
  frame(changes: readonly Change[]): string
  /** Likewise, as the collector reads it. */
  batch(changes: readonly Change[]): ReceivedBatch
  /** The whole state as the frame of one part. */
  snapshotFrame(cut?: Cut): string
  /** The whole state as one part, or as the part of a snapshot that is cut in as many. */
  part(cut?: Cut): ReceivedPart
}

interface Cut {
  readonly part: number
  readonly parts: number
}

const WHOLE: Cut = { part: 1, parts: 1 }

export function testStream(name = 'node-1'): TestStream {
  const spool = new MemorySpool({ log: quiet })
  const frame = (changes: readonly Change[]) => {
    const firstSeq = spool.nextSeq
    const digest = digestAt(spool)
    spool.append(changes)
    const events = spool.read(firstSeq, Number.MAX_SAFE_INTEGER)
    for (const { effect } of events) toggle(digest, effect)
    const envelope = { epoch: spool.epoch, firstSeq, events: [], digest: digestText(digest) }
    return encodeRows(
      { type: 'batch', ...envelope },
      events.map(({ text }) => text),
    )
  }
  const snapshotFrame = ({ part, parts } = WHOLE) => {
    const { asOfSeq, takenAt, rows } = spool.readState()
    const size = Math.ceil(rows.length / parts)
    const own = rows.slice((part - 1) * size, part * size)
    return encodeRows({ type: 'snapshot', epoch: spool.epoch, asOfSeq, takenAt, part, parts, items: [] }, own)
  }
  return {
    spool,
    frame,
    hello: (given = {}) => ({
      agentId: `agent-of-${name}`,
      node: name,
      bootId: 'boot-1',
      version: '0.1.0',
      epoch: spool.epoch,
      nextSeq: spool.nextSeq,
      at: TAKEN_AT,
      ...given,
    }),
    batch: (changes) => readBatch(parsed(frame(changes), 'batch')),
    snapshotFrame,
    part: (cut) => readPart(parsed(snapshotFrame(cut), 'snapshot')),
  }
}

/** Reads a frame that a test made, as the type it must have. */
function parsed<Type extends AgentFrame['type']>(frame: string, type: Type): Extract<AgentFrame, { type: Type }> {
  const read = parseAgentFrame(Buffer.from(frame), false)
  if (!isType(read, type)) throw new Error(`a ${read.type}, not a ${type}`)
  return read
}

function isType<Type extends AgentFrame['type']>(
  frame: AgentFrame,
  type: Type,
): frame is Extract<AgentFrame, { type: Type }> {
  return frame.type === type
}

function digestAt(spool: MemorySpool): Digest {
  return spool.readState().digest
}

/** Tells for which reason something breaks the protocol; `none` when it does not. */
export function reasonOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof ProtocolError) return error.reason
    throw error
  }
  return 'none'
}

/** A row of a store's history, as a test compares it. */
export interface HistoryRow {
  readonly epoch: string
  readonly seq: number
  readonly ord: number
  readonly op: string
  readonly key: string
  readonly value: string | null
}

/** Reads what a store keeps, of all nodes or of one, in the order of the stream. */
export function historyQueryOf(node: string | null): string {
  const only = node === null ? '' : `where epochs.node_id = (select id from nodes where name = '${node}')`
  return `select epochs.name as epoch, seq, ord, op, key, value from events
    join epochs on epochs.id = epoch_id ${only} order by epoch_id, seq, ord`
}

/** Reads the history in a store's file past the store itself. */
export function readHistory(path: string, node: string | null = null): HistoryRow[] {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare(historyQueryOf(node)).all()
  database.close()
  return rows.map(historyRowOf)
}

/** Gives a row of the query in its types: databases differ in how they show large numbers. */
export function historyRowOf({ epoch, seq, ord, op, key, value }: Readonly<Record<string, unknown>>): HistoryRow {
  return {
    epoch: String(epoch),
    seq: Number(seq),
    ord: Number(ord),
    op: String(op),
    key: String(key),
    value: value === null ? null : String(value),
  }
}
