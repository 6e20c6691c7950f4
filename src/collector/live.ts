import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import type { LiveMessage } from '../model/view.ts'
import type { Changed } from '../store/store.ts'
import type { LiveDoor } from './upgrade.ts'

const MOST_CLIENTS = 1000
const MOST_FINDINGS = 100
const SESSION_ENDED = 4401
const GOING_AWAY = 1001
const TRY_AGAIN_LATER = 1013

export interface LiveOptions {
  readonly version: string
  readonly log: FastifyBaseLogger
  /** What may wait for one dashboard that does not read, before it is dropped. */
  readonly maxBufferedBytes?: number
  /** How often a dashboard must show that it is there. */
  readonly pingIntervalMs?: number
  /** How often its session or token must still be good. */
  readonly checkIntervalMs?: number
}

interface Client {
  readonly stillAdmitted: () => Promise<boolean>
  answered: boolean
}

/** The dashboards that watch. Each gets every change; one that cannot keep up is dropped and reads all again. */
export class LiveClients implements LiveDoor {
  readonly #options: Required<LiveOptions>
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1024 })
  readonly #clients = new Map<WebSocket, Client>()
  readonly #timers: readonly NodeJS.Timeout[]
  #dropped = 0
  #closing = false
  #checking = false

  constructor(options: LiveOptions) {
    this.#options = { maxBufferedBytes: 1024 * 1024, pingIntervalMs: 15_000, checkIntervalMs: 2000, ...options }
    this.#timers = [
      setInterval(() => this.#pingAll(), this.#options.pingIntervalMs).unref(),
      setInterval(() => void this.#checkSessions(), this.#options.checkIntervalMs).unref(),
    ]
  }

  /** How many watch now, and how many were dropped because they were too slow or did not answer. */
  get figures(): { readonly connected: number; readonly dropped: number } {
    return { connected: this.#clients.size, dropped: this.#dropped }
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer, stillAdmitted: () => Promise<boolean>): void {
    this.#server.handleUpgrade(request, socket, head, (client) => {
      client.on('error', (err) => this.#options.log.info({ err }, 'dashboard connection failed'))
      if (this.#closing || this.#clients.size >= MOST_CLIENTS) return client.close(TRY_AGAIN_LATER, 'no room')
      this.#clients.set(client, { stillAdmitted, answered: true })
      client.on('pong', () => this.#noteAnswer(client))
      client.on('close', () => this.#clients.delete(client))
      client.send(frameOf({ type: 'hello', version: this.#options.version }))
    })
  }

  /** Tells every dashboard what changed; of very many findings only that they did. */
  publish(changed: Changed): void {
    // Findings are read when they are asked for.
    if (this.#clients.size === 0) return
    const { node, types, findings } = changed
    if (findings.length <= MOST_FINDINGS) {
      for (const finding of findings) this.#broadcast({ type: 'finding', finding })
    }
    this.#broadcast({ type: 'changed', node, types })
  }

  /** Has every dashboard read all again: what others committed may have been missed. */
  resync(): void {
    this.#broadcast({ type: 'hello', version: this.#options.version })
  }

  /** Sends every dashboard away; they reconnect by themselves. At the signal those are cut off that said no goodbye. */
  async close(signal: AbortSignal): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#closing = true
    const clients = [...this.#clients.keys()]
    const closed = clients.map((client) => new Promise((resolve) => client.once('close', resolve)))
    for (const client of clients) client.close(GOING_AWAY, 'the collector stops')
    const cutOff = () => {
      for (const client of clients) client.terminate()
    }
    if (signal.aborted) cutOff()
    else signal.addEventListener('abort', cutOff, { once: true })
    await Promise.all(closed)
    signal.removeEventListener('abort', cutOff)
  }

  #broadcast(message: LiveMessage): void {
    const frame = frameOf(message)
    for (const client of this.#clients.keys()) {
      if (client.bufferedAmount > this.#options.maxBufferedBytes) this.#drop(client, 'too slow')
      else client.send(frame)
    }
  }

  #noteAnswer(socket: WebSocket): void {
    const client = this.#clients.get(socket)
    if (client !== undefined) client.answered = true
  }

  #pingAll(): void {
    for (const [socket, client] of this.#clients) {
      if (client.answered) {
        client.answered = false
        socket.ping()
      } else this.#drop(socket, 'no answer')
    }
  }

  /** One round at a time: where the store does not answer, questions must not pile up. */
  async #checkSessions(): Promise<void> {
    if (this.#checking) return
    this.#checking = true
    const checks = await Promise.allSettled([...this.#clients].map((entry) => checkSession(...entry)))
    this.#checking = false
    const failed = checks.find((check) => check.status === 'rejected')
    if (failed !== undefined) this.#options.log.error({ err: failed.reason }, 'could not check dashboard sessions')
  }

  #drop(socket: WebSocket, reason: string): void {
    this.#dropped += 1
    this.#clients.delete(socket)
    this.#options.log.info({ reason }, 'dashboard dropped')
    socket.terminate()
  }
}

async function checkSession(socket: WebSocket, { stillAdmitted }: Client): Promise<void> {
  if (!(await stillAdmitted())) socket.close(SESSION_ENDED, 'the session ended')
}

function frameOf(message: LiveMessage): string {
  return JSON.stringify(message)
}
