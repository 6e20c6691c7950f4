import type { RawData, WebSocket } from 'ws'
import { answersPing } from './answers-ping.ts'
import { Inbox } from './inbox.ts'
import type { Intake } from './intake.ts'
import type { TransportLog } from './log.ts'
import {
  type AgentFrame,
  type ByeReason,
  type CollectorFrame,
  encodeFrame,
  PROTOCOL_CLOSE,
  ProtocolError,
  parseAgentFrame,
  sizeOf,
} from './protocol.ts'
import { RETRY_AFTER_MS } from './retry-after.ts'

/** What may wait for an agent that does not read its acks. */
const MAX_BUFFERED_BYTES = 256 * 1024

/** What may wait of an agent while its connection is asked for a sign of life. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024

/** How long to stay away, and what was wrong, where that is more than the reason. */
export interface Leave {
  readonly retryAfterMs?: number
  readonly detail?: string | null
}

export interface AgentLinkDeps {
  readonly socket: WebSocket
  readonly pingIntervalMs: number
  readonly intake: Intake
  /** Called with one frame at a time; gives for how many milliseconds to read nothing more. What it throws ends the connection. */
  readonly take: (frame: AgentFrame, bytes: number) => Promise<number>
  /** Called once, when the connection is over and nothing is being taken. */
  readonly end: () => Promise<void>
  /** Called when the connection is ended from here; the detail says what was wrong, where that is more than the reason. */
  readonly onEnding: (reason: ByeReason, detail: string | null) => void
  /** Names the agent in the log. */
  readonly who: () => object
  readonly log: TransportLog
}

/** A socket to an agent: frames one after another, pings with a deadline, and an end with a reason. */
export class AgentLink {
  readonly #deps: AgentLinkDeps
  readonly #inbox: Inbox
  readonly #ended = Promise.withResolvers<void>()
  readonly #heartbeat: NodeJS.Timeout
  #heard = true

  constructor(deps: AgentLinkDeps) {
    const { socket, intake, pingIntervalMs } = deps
    this.#deps = deps
    this.#inbox = new Inbox(socket, intake, (data, isBinary) => this.#take(data, isBinary))
    this.#heartbeat = setInterval(() => this.#beat(), pingIntervalMs)
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    for (const sign of ['pong', 'ping']) socket.on(sign, () => this.#noteLife())
    socket.on('error', (err) => this.#noteError(err))
    socket.on('close', () => this.#stop())
  }

  /** Nothing that the agent says can be heard at the moment: it is we who do not read. */
  get isHeld(): boolean {
    return this.#inbox.isDeaf
  }

  /** Reads nothing more until it may go on. */
  holdBack(): void {
    this.#inbox.holdBack()
  }

  goOn(): void {
    this.#inbox.goOn()
  }

  /** Settles when the connection is over and its last frame has been taken. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /**
   * Tells whether the agent answers a ping in time. Where one of its frames is being stored the socket is read for this all
   * the same, and what else comes waits; an agent that sends more than may wait is alive.
   */
  async isAlive(timeoutMs: number): Promise<boolean> {
    const { socket } = this.#deps
    if (socket.readyState !== socket.OPEN) return false
    const isSending = () => this.#inbox.waitingBytes > MAX_WAITING_BYTES
    return this.#inbox.listen(() => answersPing(socket, timeoutMs, isSending))
  }

  send(frame: CollectorFrame): void {
    const { socket } = this.#deps
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) this.giveUp('timeout', 'agent does not read')
    else socket.send(encodeFrame(frame))
  }

  /** Says why, and ends the connection, or gives false where it is over; frames that still wait are not taken. */
  leave(reason: ByeReason, { retryAfterMs = RETRY_AFTER_MS[reason] ?? 0, detail = null }: Leave = {}): boolean {
    const { socket, onEnding, who, log } = this.#deps
    if (socket.readyState !== socket.OPEN) return false
    this.#inbox.clear()
    onEnding(reason, detail)
    log.info({ ...who(), reason, retryAfterMs }, 'ending an agent connection')
    this.send({ type: 'bye', reason, retryAfterMs })
    socket.close(PROTOCOL_CLOSE, reason)
    return true
  }

  /** Ends the connection at once, without a goodbye; the message is for the log. */
  giveUp(reason: ByeReason, message: string): void {
    const { socket, onEnding, who, log } = this.#deps
    if (socket.readyState === socket.OPEN) onEnding(reason, null)
    log.info({ ...who(), reason }, message)
    this.terminate()
  }

  /** Ends the connection at once. */
  terminate(): void {
    this.#deps.socket.terminate()
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#noteLife()
    if (this.#deps.socket.readyState !== this.#deps.socket.OPEN) return
    this.#inbox.receive(data, isBinary)
  }

  async #take(data: RawData, isBinary: boolean): Promise<number> {
    try {
      return await this.#deps.take(parseAgentFrame(data, isBinary), sizeOf(data))
    } catch (err) {
      // What is wrong with a frame is told by the audit, which bounds how often.
      if (err instanceof ProtocolError) this.leave(err.reason, { detail: err.message })
      else {
        this.#deps.log.warn({ ...this.#deps.who(), err }, 'could not take a frame')
        this.leave('store-failed')
      }
      return 0
    }
  }

  #noteLife(): void {
    this.#heard = true
  }

  /** Pings; an agent that was silent since the last ping is given up, unless it is the store that kept us from hearing it. */
  #beat(): void {
    const { isDeaf } = this.#inbox
    if (!this.#heard && !isDeaf) this.giveUp('timeout', 'agent is silent')
    // What was sent while it was not read comes only now.
    this.#heard = isDeaf
    this.#deps.socket.ping()
  }

  #noteError(err: Error): void {
    const code = 'code' in err ? String(err.code) : ''
    const reason = code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'too-large' : 'malformed'
    // Any other error is a lost connection.
    if (code.startsWith('WS_ERR_')) this.#deps.onEnding(reason, `${code}: ${err.message}`)
    else this.#deps.log.info({ ...this.#deps.who(), err }, 'agent connection failed')
  }

  #stop(): void {
    clearInterval(this.#heartbeat)
    void this.#finish()
  }

  async #finish(): Promise<void> {
    await this.#inbox.end()
    try {
      await this.#deps.end()
    } catch (err) {
      this.#deps.log.warn({ ...this.#deps.who(), err }, 'could not note the end of an agent connection')
    }
    this.#ended.resolve()
  }
}
