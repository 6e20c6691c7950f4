import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import { fullJitter } from '../../src/transport/backoff.ts'
import { type AgentCredentials, dial } from '../../src/transport/dial.ts'
import { parseCollectorFrame } from '../../src/transport/protocol.ts'
import { digestAfter, eventText, stateAfter } from './stream.ts'

export interface Target {
  /** Of collectors: the next one is tried when a connection ends. */
  readonly urls: readonly string[]
  readonly token: string
}

/** As the real agent waits between two connections. */
const BACKOFF = { firstMs: 500, mostMs: 60_000 }

/** Longer than a collector may take to start. */
const HANDSHAKE_MS = 30_000

/** One simulated agent: it speaks the real protocol over a socket of its own, and keeps what is not acknowledged. */
export class SimulatedAgent {
  readonly name: string
  readonly #target: Target
  readonly #onReady: (isReady: boolean) => void
  readonly #credentials: AgentCredentials
  /** Names the process that it stands for, which may move to another collector at once. */
  readonly #run = randomBytes(16).toString('hex')
  #epoch = randomBytes(16).toString('hex')
  #socket: WebSocket | null = null
  #sentSeq = 0
  #ackedSeq = 0
  #failures = 0
  #connections = 0
  #retryAfterMs = 0
  #isStopped = false
  #sent: { readonly lastSeq: number; readonly acked: () => void } | null = null
  #isReady = false
  /** How often the collector asked for more than what was not acknowledged: after a crash it must not. */
  snapshots = 0

  constructor(name: string, target: Target, onReady: (isReady: boolean) => void) {
    this.name = name
    this.#target = target
    this.#onReady = onReady
    const secret = randomBytes(32).toString('hex')
    this.#credentials = { secret, keepsSecret: true, enrolmentToken: target.token, ca: null, identity: null }
  }

  /** The number of the last event that was made. */
  get lastSeq(): number {
    return this.#sentSeq
  }

  get ackedSeq(): number {
    return this.#ackedSeq
  }

  connect(): void {
    const { urls } = this.#target
    const url = urls[this.#connections % urls.length] ?? ''
    this.#connections += 1
    const socket = dial(new URL(url), this.#credentials, HANDSHAKE_MS)
    this.#socket = socket
    socket.on('open', () => socket.send(this.#hello()))
    socket.on('message', (data, isBinary) => this.#obey(parseCollectorFrame(data, isBinary)))
    // What went wrong is told by close.
    socket.on('error', () => socket.terminate())
    socket.on('close', () => this.#reconnect())
  }

  /** Sends so many more events in one batch; resolves when they are acknowledged, by this connection or a later one. */
  send(count: number): Promise<void> {
    const firstSeq = this.#sentSeq + 1
    this.#sentSeq += count
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#sent = { lastSeq: this.#sentSeq, acked: resolve }
    if (this.#isReady) this.#sendFrom(firstSeq)
    return promise
  }

  stop(): void {
    this.#isStopped = true
    this.#socket?.terminate()
  }

  #hello(): string {
    const agentId = this.name
    const hello = { type: 'hello', agentId, node: agentId, bootId: 'boot-1', version: 'bench', keepsSecret: true }
    const process = { run: this.#run, attempt: this.#connections }
    return JSON.stringify({ ...hello, ...process, epoch: this.#epoch, nextSeq: this.#sentSeq + 1, at: Date.now() })
  }

  #obey(frame: ReturnType<typeof parseCollectorFrame>): void {
    if (frame.type === 'welcome') this.#begin(frame.want, frame.ackedSeq)
    else if (frame.type === 'ack') this.#acknowledge(frame.seq)
    else if (frame.type === 'bye') this.#retryAfterMs = frame.retryAfterMs
  }

  #begin(want: 'resume' | 'snapshot' | 'new-epoch', ackedSeq: number): void {
    this.#failures = 0
    if (want === 'new-epoch') this.#epoch = randomBytes(16).toString('hex')
    if (want === 'resume') this.#resume(ackedSeq)
    else this.#sendSnapshot()
  }

  #resume(ackedSeq: number): void {
    this.#acknowledge(ackedSeq)
    if (this.#sentSeq > ackedSeq) this.#sendFrom(ackedSeq + 1)
  }

  #sendSnapshot(): void {
    this.snapshots += 1
    const place = { epoch: this.#epoch, asOfSeq: this.#sentSeq, takenAt: Date.now(), part: 1, parts: 1 }
    const envelope = JSON.stringify({ type: 'snapshot', ...place })
    this.#socket?.send(`${envelope.slice(0, -1)},"items":[${stateAfter(this.#sentSeq).join(',')}]}`)
  }

  #sendFrom(firstSeq: number): void {
    const at = Date.now()
    const events: string[] = []
    for (let seq = firstSeq; seq <= this.#sentSeq; seq += 1) events.push(eventText(seq, at))
    const envelope = JSON.stringify({ type: 'batch', epoch: this.#epoch, firstSeq, digest: digestAfter(this.#sentSeq) })
    this.#socket?.send(`${envelope.slice(0, -1)},"events":[${events.join(',')}]}`)
  }

  #acknowledge(seq: number): void {
    this.#ackedSeq = seq
    this.#setReady(true)
    if (this.#sent === null || seq < this.#sent.lastSeq) return
    const { acked } = this.#sent
    this.#sent = null
    acked()
  }

  #setReady(isReady: boolean): void {
    if (this.#isReady === isReady) return
    this.#isReady = isReady
    this.#onReady(isReady)
  }

  #reconnect(): void {
    this.#setReady(false)
    if (this.#isStopped) return
    this.#failures += 1
    const waitMs = Math.max(this.#retryAfterMs, fullJitter(this.#failures, BACKOFF, Math.random))
    this.#retryAfterMs = 0
    setTimeout(() => this.connect(), waitMs)
  }
}
