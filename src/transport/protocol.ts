import type { RawData } from 'ws'
import * as z from 'zod'
import type { IdentityRefusal } from '../model/speaker.ts'
import type { Want } from '../model/stream.ts'
import { commandFrame, replyFrame } from './command-schema.ts'
import { FIRST_FAULT } from './first-fault.ts'
import { column } from './state-schema.ts'

/** The WebSocket subprotocol; docs/protocol.md describes it. */
export const SUBPROTOCOL = 'nsentinel.v1'

/** The largest frame either end takes, in bytes; a larger one is refused before it is read. */
export const MAX_FRAME_BYTES = 1024 * 1024

/** One waits in memory, perhaps for seconds, until a rival connection has shown whether it lives. */
const MAX_HELLO_BYTES = 8 * 1024

/** The WebSocket close code of a connection that either end ended for a named reason. */
export const PROTOCOL_CLOSE = 4000

/** The longest wait that a collector may ask for; a timer beyond 24 days would fire at once. */
const LONGEST_WAIT_MS = 10 * 60_000

/** How many events a batch, or rows a part, may hold: reading them must not keep other agents waiting. */
export const MAX_ROWS = 2000
const MAX_PARTS = 256

/** Why a connection was refused or ended; what each means stands in docs/protocol.md. */
export type ByeReason =
  | 'malformed'
  | 'too-large'
  | 'too-fast'
  | 'unexpected'
  | 'out-of-order'
  | 'wrong-epoch'
  | 'fenced'
  | IdentityRefusal
  | 'already-connected'
  | 'timeout'
  | 'store-failed'
  | 'shutting-down'

/** A frame that breaks the protocol: the connection ends with its reason. */
export class ProtocolError extends Error {
  readonly reason: ByeReason

  constructor(message: string, { reason, ...options }: ErrorOptions & { readonly reason: ByeReason }) {
    super(message, options)
    this.reason = reason
  }
}

const time = z.int().nonnegative()
const seq = z.int().nonnegative()
const epoch = z.string().regex(/^[0-9a-f]{32}$/)
const digest = z.string().regex(/^[0-9a-f]{64}$/)
const figure = z.number().nonnegative()
const wait = z.int().nonnegative().transform(boundWait)

const hello = z.object({
  type: z.literal('hello'),
  agentId: column(253),
  node: column(253),
  bootId: column(64),
  version: column(64),
  epoch,
  run: epoch.exactOptional(),
  attempt: z.int().positive().exactOptional(),
  nextSeq: z.int().positive(),
  at: time,
  keepsSecret: z.boolean().exactOptional(),
  commands: z.array(column(64)).max(32).readonly().exactOptional(),
})
const batch = z.object({
  type: z.literal('batch'),
  epoch,
  firstSeq: z.int().positive(),
  events: z.array(z.unknown()).min(1).max(MAX_ROWS),
  digest,
})
const snapshot = z.object({
  type: z.literal('snapshot'),
  epoch,
  asOfSeq: seq,
  takenAt: time,
  part: z.int().positive(),
  parts: z.int().positive().max(MAX_PARTS),
  items: z.array(z.unknown()).max(MAX_ROWS),
})
const look = z.object({
  type: z.literal('look'),
  takenAt: time,
  durationMs: figure,
  processes: seq,
  threads: seq,
  residentBytes: seq,
  cpuMs: figure,
})

const agentFrame = z.discriminatedUnion('type', [hello, batch, snapshot, look, replyFrame])

const welcome = z.object({
  type: z.literal('welcome'),
  ackedSeq: seq,
  want: z.enum(['resume', 'snapshot', 'new-epoch']) satisfies z.ZodType<Want>,
  digest: digest.exactOptional(),
  limits: z.object({
    maxUnackedBytes: z.int().positive(),
    pingIntervalMs: z.int().positive().transform(boundWait),
  }),
})
const ack = z.object({ type: z.literal('ack'), epoch, seq, want: z.literal('snapshot').exactOptional() })
const bye = z.object({ type: z.literal('bye'), reason: z.string(), retryAfterMs: wait })

const collectorFrame = z.discriminatedUnion('type', [welcome, ack, commandFrame, bye])

/** A frame from an agent; events and items are still as they came. */
export type AgentFrame = z.infer<typeof agentFrame>
/** A frame from a collector. */
export type CollectorFrame = z.infer<typeof collectorFrame>
/** What a collector allows the agent on this connection. */
export type Limits = z.infer<typeof welcome>['limits']

/** A batch whose events are still to be read one by one. */
export type BatchFrame = z.infer<typeof batch>
/** A part of a snapshot whose items are still to be read one by one. */
export type SnapshotFrame = z.infer<typeof snapshot>

/** Bounds a wait, in milliseconds, that a collector asks for. */
export function boundWait(ms: number): number {
  return Math.min(ms, LONGEST_WAIT_MS)
}

/**
 * Reads a frame that an agent sent; fields that this version does not know are dropped.
 *
 * @throws ProtocolError when the envelope is broken or a type unknown
 */
export function parseAgentFrame(data: RawData, isBinary: boolean): AgentFrame {
  const frame = parse(agentFrame, data, isBinary)
  if (frame.type !== 'hello' || sizeOf(data) <= MAX_HELLO_BYTES) return frame
  throw new ProtocolError(`a hello has ${sizeOf(data)} bytes`, { reason: 'too-large' })
}

/**
 * Likewise for a frame that a collector sent.
 *
 * @throws ProtocolError when the envelope is broken or a type unknown
 */
export function parseCollectorFrame(data: RawData, isBinary: boolean): CollectorFrame {
  return parse(collectorFrame, data, isBinary)
}

/** Writes a frame; batches and parts, whose rows are text already, are written by {@link encodeRows}. */
export function encodeFrame(frame: AgentFrame | CollectorFrame): string {
  return JSON.stringify(frame)
}

/** Writes a batch or a part around rows that are canonical JSON already, so that none is written twice. */
export function encodeRows(frame: BatchFrame | SnapshotFrame, rows: readonly string[]): string {
  const name = frame.type === 'batch' ? 'events' : 'items'
  const envelope = JSON.stringify({ ...frame, [name]: undefined })
  return `${envelope.slice(0, -1)},"${name}":[${rows.join(',')}]}`
}

function parse<Frame>(schema: z.ZodType<Frame>, data: RawData, isBinary: boolean): Frame {
  if (isBinary) throw new ProtocolError('a frame is binary, not text', { reason: 'malformed' })
  const bytes = bufferOf(data)
  if (bytes.byteLength > MAX_FRAME_BYTES) {
    throw new ProtocolError(`a frame has ${bytes.byteLength} bytes`, { reason: 'too-large' })
  }
  const result = schema.safeParse(parseJson(bytes), FIRST_FAULT)
  if (result.success) return result.data
  throw new ProtocolError(`a frame does not keep its shape: ${problemOf(result.error)}`, { reason: 'malformed' })
}

/** Gives how many bytes a message has. */
export function sizeOf(data: RawData): number {
  return bufferOf(data).byteLength
}

function bufferOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'))
  } catch (cause) {
    throw new ProtocolError('a frame is not JSON', { cause, reason: 'malformed' })
  }
}

/** Says in a bounded line what a schema did not like. */
export function problemOf({ issues }: z.ZodError): string {
  const [issue] = issues
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'}`.slice(0, 200)
}
