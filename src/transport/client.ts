import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import type { Change } from '../model/changes.ts'
import type { Look } from '../model/look.ts'
import type { Hello } from '../model/stream.ts'
import { AgentSession, type SessionEnd } from './agent-session.ts'
import { type BackoffBounds, fullJitter } from './backoff.ts'
import { CommandQueue } from './command-queue.ts'
import { type AgentCredentials, dial } from './dial.ts'
import type { TransportLog } from './log.ts'
import { MemorySpool } from './memory-spool.ts'
import type { Spool } from './spool.ts'
import { type CommandDoer, CommandRefusal, type Transport } from './transport.ts'

export interface ClientOptions {
  /** Where the collector takes agents, `ws:` or `wss:`, path included. */
  readonly url: URL
  /** Reads what the agent shows, anew for every connection. */
  readonly readCredentials: () => Promise<AgentCredentials>
  readonly identity: Pick<Hello, 'agentId' | 'node' | 'bootId' | 'version'>
  readonly log: TransportLog
  readonly spool?: Spool
  /** Does what operators ask; without it nothing is done. */
  readonly doer?: CommandDoer
  readonly backoff?: BackoffBounds
  /** How long the handshake, and then the welcome, may take. */
  readonly connectTimeoutMs?: number
  readonly now?: () => number
  readonly random?: () => number
  /** Waits between two connections; rejects when the signal fires. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Connects an agent to its collector, and connects again whenever the connection is lost, until it is closed. */
export function connectTransport(options: ClientOptions): Transport {
  return new Client({
    spool: new MemorySpool({ log: options.log }),
    backoff: { firstMs: 500, mostMs: 60_000 },
    doer: DOES_NOTHING,
    connectTimeoutMs: 10_000,
    now: Date.now,
    random: Math.random,
    sleep: (ms, signal) => pause(ms, undefined, { signal }),
    ...options,
  })
}

const RUN_BYTES = 16

const DOES_NOTHING: CommandDoer = {
  allowed: [],
  carryOut: async () => {
    throw new CommandRefusal('this agent takes no commands')
  },
}

class Client implements Transport {
  readonly #options: Required<ClientOptions>
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  readonly #runName = randomBytes(RUN_BYTES).toString('hex')
  readonly #commands: CommandQueue
  #attempts = 0
  #session: AgentSession | null = null
  #socket: WebSocket | null = null
  /** The newest that came while there was no connection. */
  #earlyLook: Look | null = null
  #isTurnedAway = false
  /** Called when more is stored, and when a connection has ended. */
  #onProgress: () => void = () => undefined

  constructor(options: Required<ClientOptions>) {
    this.#options = options
    this.#commands = new CommandQueue(options)
    this.#running = this.#run()
  }

  publish(changes: readonly Change[]): void {
    this.#options.spool.append(changes)
    this.#session?.wake()
  }

  look(look: Look): void {
    this.#options.spool.tend()
    if (this.#session === null) this.#earlyLook = look
    else this.#session.look(look)
  }

  async close(signal: AbortSignal): Promise<void> {
    await this.#drained(signal)
    this.#stop.abort()
    const socket = this.#socket
    socket?.close(1000)
    const terminate = () => socket?.terminate()
    if (signal.aborted) terminate()
    else signal.addEventListener('abort', terminate, { once: true })
    await this.#running
    signal.removeEventListener('abort', terminate)
  }

  /** Waits until all is stored, the collector turns us away, or the signal fires. */
  async #drained(signal: AbortSignal): Promise<void> {
    const { spool, log } = this.#options
    const drained = Promise.withResolvers<void>()
    const isOver = () => spool.isDrained || this.#isTurnedAway
    this.#onProgress = () => {
      if (isOver()) drained.resolve()
    }
    if (!(isOver() || signal.aborted)) log.info({}, 'the agent stops: for a few seconds it tries to send what waits')
    const giveUp = () => drained.resolve()
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    this.#onProgress()
    await drained.promise
    signal.removeEventListener('abort', giveUp)
  }

  async #run(): Promise<void> {
    const { backoff, random, sleep } = this.#options
    const { signal } = this.#stop
    let failures = 0
    while (!signal.aborted) {
      this.#isTurnedAway = false
      const { welcomed, turnedAway, retryAfterMs } = await this.#connect()
      this.#isTurnedAway = turnedAway
      this.#onProgress()
      failures = welcomed ? 0 : failures + 1
      const waitMs = Math.max(retryAfterMs, fullJitter(failures, backoff, random))
      await sleep(waitMs, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
    }
  }

  async #connect(): Promise<SessionEnd> {
    const { identity, spool, log, now, connectTimeoutMs } = this.#options
    const dialled = await this.#dial()
    if (dialled === null) return { welcomed: false, turnedAway: false, retryAfterMs: 0 }
    const { socket, keepsSecret } = dialled
    this.#attempts += 1
    const attempt = this.#attempts
    const commands = this.#commands
    const hello = () => ({
      ...identity,
      keepsSecret,
      commands: commands.allowed,
      epoch: spool.epoch,
      run: this.#runName,
      attempt,
      nextSeq: spool.nextSeq,
      at: now(),
    })
    const onStored = () => this.#onProgress()
    const fixed = { socket, spool, hello, onStored, commands, log }
    const session = new AgentSession({ ...fixed, welcomeTimeoutMs: connectTimeoutMs })
    this.#socket = socket
    this.#session = session
    if (this.#earlyLook !== null) session.look(this.#earlyLook)
    this.#earlyLook = null
    const end = await session.ended
    this.#socket = null
    this.#session = null
    this.#earlyLook = null
    return end
  }

  /** Null when what we show cannot be read, or we were told to stop meanwhile. */
  async #dial(): Promise<{ readonly socket: WebSocket; readonly keepsSecret: boolean } | null> {
    const { url, readCredentials, log, connectTimeoutMs } = this.#options
    try {
      const credentials = await readCredentials()
      if (this.#stop.signal.aborted) return null
      return { socket: dial(url, credentials, connectTimeoutMs), keepsSecret: credentials.keepsSecret }
    } catch (err) {
      log.warn({ err }, 'cannot use what the agent shows of itself')
      return null
    }
  }
}
