import type { RawData, WebSocket } from 'ws'
import { answersPing } from './answers-ping.ts'
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
  /** Called with one frame at a time; what it throws ends the connection. */
  readonly take: (frame: AgentFrame, bytes: number) => Promise<void>
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
  readonly #waiting: (readonly [RawData, boolean])[] = []
  readonly #ended = Promise.withResolvers<void>()
  readonly #heartbeat: NodeJS.Timeout
  #waitingBytes = 0
  #probes = 0
  #busy = false
  #heard = true
  #endRest: () => void = () => undefined

  constructor(deps: AgentLinkDeps) {
    const { socket, pingIntervalMs } = deps
    this.#deps = deps
    this.#heartbeat = setInterval(() => this.#beat(), pingIntervalMs)
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    for (const sign of ['pong', 'ping']) socket.on(sign, () => this.#noteLife())
    socket.on('error', (err) => this.#noteError(err))
    socket.on('close', () => this.#stop())
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
    this.#probes += 1
    socket.resume()
    const isAlive = await answersPing(socket, timeoutMs, () => this.#waitingBytes > MAX_WAITING_BYTES)
    this.#probes -= 1
    if (this.#busy && this.#probes === 0) socket.pause()
    return isAlive
  }

  send(frame: CollectorFrame): void {
    const { socket } = this.#deps
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) this.#giveUp('agent does not read')
    else socket.send(encodeFrame(frame))
  }

  /** Says why, and ends the connection; frames that still wait are not taken. */
  leave(reason: ByeReason, { retryAfterMs = RETRY_AFTER_MS[reason] ?? 0, detail = null }: Leave = {}): void {
    const { socket, onEnding, who, log } = this.#deps
    if (socket.readyState !== socket.OPEN) return
    this.#dropWaiting()
    onEnding(reason, detail)
    log.info({ ...who(), reason, retryAfterMs }, 'ending an agent connection')
    this.send({ type: 'bye', reason, retryAfterMs })
    socket.close(PROTOCOL_CLOSE, reason)
  }

  /** Reads nothing for so long; the connection's end ends the rest, too. */
  rest(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.#endRest = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }

  /** Ends the connection at once. */
  terminate(): void {
    this.#deps.socket.terminate()
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#noteLife()
    if (this.#deps.socket.readyState !== this.#deps.socket.OPEN) return
    this.#waiting.push([data, isBinary])
    this.#waitingBytes += sizeOf(data)
    if (!this.#busy) void this.#work()
  }

  /** The socket is not read while a frame is being taken, so an agent cannot outrun the store. */
  async #work(): Promise<void> {
    const { socket } = this.#deps
    this.#busy = true
    socket.pause()
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#waitingBytes -= sizeOf(next[0])
      await this.#take(...next)
    }
    this.#busy = false
    if (socket.readyState === socket.CLOSED) await this.#finish()
    else socket.resume()
  }

  async #take(data: RawData, isBinary: boolean): Promise<void> {
    try {
      await this.#deps.take(parseAgentFrame(data, isBinary), sizeOf(data))
    } catch (err) {
      // What is wrong with a frame is told by the audit, which bounds how often.
      if (err instanceof ProtocolError) return this.leave(err.reason, { detail: err.message })
      this.#deps.log.warn({ ...this.#deps.who(), err }, 'could not take a frame')
      this.leave('store-failed')
    }
  }

  #dropWaiting(): void {
    this.#waiting.length = 0
    this.#waitingBytes = 0
  }

  #noteLife(): void {
    this.#heard = true
  }

  /** Pings; an agent that was silent since the last ping is given up, unless it is the store that makes it wait. */
  #beat(): void {
    if (!this.#heard && !this.#busy) this.#giveUp('agent is silent')
    this.#heard = false
    this.#deps.socket.ping()
  }

  #giveUp(message: string): void {
    this.#deps.onEnding('timeout', null)
    this.#deps.log.info(this.#deps.who(), message)
    this.terminate()
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
    this.#endRest()
    this.#dropWaiting()
    if (!this.#busy) void this.#finish()
  }

  async #finish(): Promise<void> {
    try {
      await this.#deps.end()
    } catch (err) {
      this.#deps.log.warn({ ...this.#deps.who(), err }, 'could not note the end of an agent connection')
    }
    this.#ended.resolve()
  }
}
