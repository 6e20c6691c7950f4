import { randomUUID } from 'node:crypto'
import type { CommandRequest } from '../model/command.ts'
import { type CommandFrame, type Reply, type ReplyFrame, readReply } from './command-schema.ts'
import { ProtocolError } from './protocol.ts'

/** What is asked of an agent, and what it may cost. */
export interface AskedCommand {
  readonly request: CommandRequest
  readonly timeoutMs: number
  /** Of the result's JSON. */
  readonly maxBytes: number
}

/**
 * What became of a command: the result as the agent wrote it, or why there is none. `lost` is the connection's end,
 * `bad-reply` what could not be put together.
 */
export type CommandAnswer =
  | { readonly status: 'done'; readonly text: string }
  | {
      readonly status: 'refused' | 'failed' | 'timed-out' | 'too-large' | 'lost' | 'bad-reply'
      readonly reason: string
    }

/** How much longer than the agent we wait: its own word for it says more than our silence. */
const GRACE_MS = 2000
/** An agent does one after another, and lets few wait. */
const MOST_PENDING = 8
/** Of so many commands a late reply is known for one. */
const MOST_REMEMBERED = 64
const LONGEST_REASON = 200

interface Pending {
  readonly maxBytes: number
  readonly settle: (answer: CommandAnswer) => void
  readonly texts: string[]
  parts: number
  bytes: number
}

/** The commands that one connection's agent was asked and has not answered. No other agent can answer them. */
export class PendingCommands {
  readonly #send: (frame: CommandFrame) => void
  readonly #pending = new Map<string, Pending>()
  /** All that were asked lately, the oldest first. */
  readonly #asked = new Set<string>()
  #hasEnded = false

  constructor(send: (frame: CommandFrame) => void) {
    this.#send = send
  }

  /** Asks, and settles by the deadline, whatever the agent does; the signal gives the command up. */
  ask({ request, timeoutMs, maxBytes }: AskedCommand, signal: AbortSignal): Promise<CommandAnswer> {
    if (this.#hasEnded) return Promise.resolve(LOST)
    if (this.#pending.size >= MOST_PENDING) return Promise.resolve(BUSY)
    const id = randomUUID()
    const { promise, resolve } = Promise.withResolvers<CommandAnswer>()
    const timer = setTimeout(() => settle(SILENT), timeoutMs + GRACE_MS)
    const giveUp = () => settle({ status: 'timed-out', reason: 'nobody waits for the answer any more' })
    const settle = (answer: CommandAnswer) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      this.#pending.delete(id)
      resolve(answer)
    }
    this.#pending.set(id, { maxBytes, settle, texts: [], parts: 0, bytes: 0 })
    this.#remember(id)
    signal.addEventListener('abort', giveUp, { once: true })
    const { command, ...options } = request
    this.#send({ type: 'command', id, command, options, timeoutMs, maxBytes })
    if (signal.aborted) giveUp()
    return promise
  }

  /**
   * Takes a reply, and tells whether somebody waits for it; one that comes late is of no use.
   *
   * @throws ProtocolError when nothing of that id was asked on this connection
   */
  take(frame: ReplyFrame): boolean {
    if (!this.#asked.has(frame.id)) throw new ProtocolError('nobody asked for this reply', { reason: 'unexpected' })
    const pending = this.#pending.get(frame.id)
    if (pending === undefined) return false
    const reply = readReply(frame)
    if (reply === null) pending.settle(BAD)
    else if (reply.status === 'done') takePart(pending, reply)
    else pending.settle({ ...reply, reason: reply.reason.slice(0, LONGEST_REASON) })
    return true
  }

  /** The connection is over: nobody answers any more. */
  end(): void {
    this.#hasEnded = true
    for (const { settle } of [...this.#pending.values()]) settle(LOST)
  }

  #remember(id: string): void {
    this.#asked.add(id)
    const [oldest] = this.#asked
    if (this.#asked.size > MOST_REMEMBERED && oldest !== undefined) this.#asked.delete(oldest)
  }
}

const LOST: CommandAnswer = { status: 'lost', reason: "the agent's connection ended" }
const BUSY: CommandAnswer = { status: 'refused', reason: 'too many commands wait for this agent' }
const SILENT: CommandAnswer = { status: 'timed-out', reason: 'the agent did not answer in time' }
const BAD: CommandAnswer = { status: 'bad-reply', reason: 'the agent answered what is no reply' }

/** Parts come in order, all of one number, and together within the bound. */
function takePart(pending: Pending, { part, parts, text }: Extract<Reply, { status: 'done' }>): void {
  const { texts, maxBytes, settle } = pending
  if (part === 1) pending.parts = parts
  pending.bytes += Buffer.byteLength(text)
  if (part !== texts.length + 1 || parts !== pending.parts) settle(BAD)
  else if (pending.bytes > maxBytes) settle({ status: 'too-large', reason: `it sent more than ${maxBytes} bytes` })
  else texts.push(text)
  if (part === parts && texts.length === parts) settle({ status: 'done', text: texts.join('') })
}
