import type { IncomingMessage } from 'node:http'
import type { RawData, WebSocket } from 'ws'
import type { Look } from '../model/look.ts'
import type { Hello } from '../model/stream.ts'
import { REASON_HEADER } from './admission.ts'
import type { CommandQueue } from './command-queue.ts'
import type { CommandFrame, Reply } from './command-schema.ts'
import { parseDigest } from './digest.ts'
import type { TransportLog } from './log.ts'
import { Outbox } from './outbox.ts'
import {
  boundWait,
  type CollectorFrame,
  encodeFrame,
  PROTOCOL_CLOSE,
  ProtocolError,
  parseCollectorFrame,
} from './protocol.ts'
import { meaningOf, readRefusal } from './refusals.ts'
import type { Spool } from './spool.ts'

/** How many of the collector's ping intervals may pass in silence. */
const PINGS_MISSED = 2.5
/** So much may wait for a collector that asks and does not read what it is answered. */
const MOST_UNREAD_BYTES = 1024 * 1024
/** From here on a status tells of trouble that passes, such as a collector that is stopping. */
const FIRST_PASSING_STATUS = 500
const PASSING_REASONS = ['shutting-down', 'store-failed', 'timeout']

export interface AgentSessionDeps {
  readonly socket: WebSocket
  readonly spool: Spool
  readonly hello: () => Hello
  /** Called whenever the collector has stored more. */
  readonly onStored: () => void
  readonly welcomeTimeoutMs: number
  readonly commands: CommandQueue
  readonly log: TransportLog
}

/** How a connection went: whether the collector welcomed it, and how long it asks to stay away. */
export interface SessionEnd {
  readonly welcomed: boolean
  /** The collector does not want this agent as it is: to come again soon would change nothing. */
  readonly turnedAway: boolean
  readonly retryAfterMs: number
}

/** One connection as the agent sees it, from the handshake to the end. */
export class AgentSession {
  readonly #deps: AgentSessionDeps
  readonly #outbox: Outbox
  readonly #end = Promise.withResolvers<SessionEnd>()
  readonly #over = new AbortController()
  #silence: NodeJS.Timeout
  #heartbeat: NodeJS.Timeout | undefined
  #isRefused = false
  #welcomed = false
  #turnedAway = false
  #retryAfterMs = 0

  constructor(deps: AgentSessionDeps) {
    const { socket, spool, welcomeTimeoutMs } = deps
    this.#deps = deps
    this.#outbox = new Outbox(spool, (frame) => this.#send(frame))
    this.#silence = this.#expect(welcomeTimeoutMs)
    socket.on('open', () => void this.#send(encodeFrame({ type: 'hello', ...deps.hello() })))
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    socket.on('unexpected-response', (_request, response) => this.#noteRefusal(response))
    socket.on('error', (err) => this.#noteError(err))
    for (const sign of ['ping', 'pong']) socket.on(sign, () => this.#silence.refresh())
    socket.on('close', () => this.#finish())
  }

  /** Settles when the connection is over. */
  get ended(): Promise<SessionEnd> {
    return this.#end.promise
  }

  /** Sends what has come into the spool. */
  wake(): void {
    this.#outbox.wake()
  }

  /** Sends a look behind all that waits, or once the collector has said welcome. */
  look(look: Look): void {
    this.#outbox.look(look)
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#silence.refresh()
    try {
      this.#obey(parseCollectorFrame(data, isBinary))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#deps.log.warn({ reason: error.reason, err: error }, 'collector broke the protocol')
      this.#deps.socket.close(PROTOCOL_CLOSE, error.reason)
    }
  }

  #obey(frame: CollectorFrame): void {
    if (!this.#welcomed && (frame.type === 'ack' || frame.type === 'command')) {
      throw new ProtocolError(`${frame.type} came before welcome`, { reason: 'unexpected' })
    }
    switch (frame.type) {
      case 'welcome':
        this.#begin(frame)
        break
      case 'ack':
        this.#acknowledge(frame)
        break
      case 'command':
        this.#carryOut(frame)
        break
      case 'bye':
        this.#takeLeave(frame)
    }
  }

  #begin({ want, ackedSeq, digest, limits }: Extract<CollectorFrame, { type: 'welcome' }>): void {
    if (this.#welcomed) throw new ProtocolError('a second welcome came', { reason: 'unexpected' })
    this.#welcomed = true
    const { socket } = this.#deps
    clearTimeout(this.#silence)
    this.#silence = this.#expect(limits.pingIntervalMs * PINGS_MISSED)
    this.#heartbeat = setInterval(() => socket.ping(), limits.pingIntervalMs)
    this.#deps.log.info({ want, ackedSeq }, 'connected to the collector')
    const stored = digest === undefined ? null : parseDigest(digest)
    const isForked = this.#outbox.begin(want, ackedSeq, { stored, windowBytes: limits.maxUnackedBytes })
    if (isForked) this.#deps.log.warn({ ackedSeq }, 'the collector has another state than was told: a new epoch begins')
    this.#deps.onStored()
  }

  #acknowledge({ epoch, seq, want }: Extract<CollectorFrame, { type: 'ack' }>): void {
    if (!this.#outbox.acknowledge(epoch, seq, want === 'snapshot')) {
      throw new ProtocolError(`an ack of event ${seq}, which was never sent`, { reason: 'unexpected' })
    }
    if (want === 'snapshot') this.#deps.log.warn({ seq }, 'the collector asks for a snapshot: states have diverged')
    this.#deps.onStored()
  }

  #takeLeave({ reason, retryAfterMs }: Extract<CollectorFrame, { type: 'bye' }>): void {
    this.#retryAfterMs = retryAfterMs
    this.#turnedAway = !(this.#welcomed || PASSING_REASONS.includes(reason))
    this.#deps.log.warn({ reason, meaning: meaningOf(reason), retryAfterMs }, 'the collector ended the connection')
  }

  #carryOut(frame: CommandFrame): void {
    const { socket, commands } = this.#deps
    const reply = async (reply: Reply) => {
      // Of a result nothing may be missing, and of that one part waits at a time.
      const isRead = reply.status === 'done' || socket.bufferedAmount < MOST_UNREAD_BYTES
      if (isRead) await this.#send(encodeFrame({ type: 'reply', id: frame.id, ...reply }))
    }
    commands.take(frame, { reply, signal: this.#over.signal })
  }

  #noteError(err: Error): void {
    // A refusal has been named already; ws then complains of the handshake that we give up.
    if (!this.#isRefused) this.#deps.log.info({ err }, 'connection to the collector failed')
  }

  /** The collector answered the handshake with a status instead. */
  #noteRefusal({ statusCode = 0, headers }: IncomingMessage): void {
    const { log, socket } = this.#deps
    this.#isRefused = true
    this.#turnedAway = statusCode < FIRST_PASSING_STATUS
    this.#retryAfterMs = boundWait(1000 * Number.parseInt(headers['retry-after'] ?? '0', 10) || 0)
    const refusal = readRefusal(statusCode, headers[REASON_HEADER])
    log.warn({ status: statusCode, ...refusal }, 'the collector refused the connection')
    socket.terminate()
  }

  /** Ends the connection unless something is heard in time. */
  #expect(timeoutMs: number): NodeJS.Timeout {
    const { socket, log } = this.#deps
    return setTimeout(() => {
      log.warn({ timeoutMs }, 'the collector is silent')
      socket.terminate()
    }, timeoutMs)
  }

  #send(frame: string): Promise<void> {
    // An error of sending is the connection's end, which close tells.
    return new Promise((resolve) => this.#deps.socket.send(frame, () => resolve()))
  }

  #finish(): void {
    clearTimeout(this.#silence)
    clearInterval(this.#heartbeat)
    this.#over.abort()
    this.#end.resolve({
      welcomed: this.#welcomed,
      turnedAway: this.#turnedAway,
      retryAfterMs: this.#retryAfterMs,
    })
  }
}
