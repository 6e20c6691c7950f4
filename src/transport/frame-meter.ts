import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { HalfFrame, HalfRead } from './half-read.ts'
import type { HubSession } from './hub-session.ts'
import { sizeOf } from './protocol.ts'

/** What any connection may have at any time, and is not counted. */
const SMALL_BYTES = 16 * 1024

/** Before its hello was read, an agent has nothing larger to say. */
const STRANGER_BYTES = 64 * 1024

const MASKED_HEADER_BYTES = 6
const MEDIUM_LENGTH = 126
const LARGE_LENGTH = 65_536

export interface FrameMeterDeps {
  readonly socket: WebSocket
  /** What the socket reads from. */
  readonly stream: Duplex
  readonly session: Pick<HubSession, 'hello' | 'link'>
  readonly halfRead: HalfRead
}

/**
 * Measures what a connection has read of a frame that is not whole yet: ws keeps it, and shows it to nobody. Headers of a
 * message in several fragments are counted along until the next message comes.
 */
export class FrameMeter implements HalfFrame {
  readonly #deps: FrameMeterDeps
  #bytes = 0
  #lastRead = 0
  #since = 0

  constructor(deps: FrameMeterDeps) {
    this.#deps = deps
    const { socket, stream } = deps
    // Before ws takes it apart.
    stream.prependListener('data', (chunk: Buffer) => this.#read(chunk.length))
    socket.on('message', (data) => this.#finish(sizeOf(data)))
    for (const sign of ['ping', 'pong'] as const) socket.on(sign, (data) => this.#pass(data.length))
    socket.on('close', () => this.#set(0))
  }

  takesLonger(ms: number): boolean {
    if (this.#deps.session.link.isHeld) this.#since = performance.now()
    return performance.now() - this.#since > ms
  }

  giveUp(): void {
    this.#set(0)
    this.#deps.session.link.giveUp('timeout', 'agent does not finish its frame')
  }

  holdBack(): void {
    this.#deps.session.link.holdBack()
  }

  goOn(): void {
    this.#since = performance.now()
    this.#deps.session.link.goOn()
  }

  #read(bytes: number): void {
    if (this.#bytes > STRANGER_BYTES && this.#deps.session.hello === null) {
      this.#deps.session.link.giveUp('too-large', 'agent says more than a hello')
      return
    }
    this.#lastRead = bytes
    this.#set(this.#bytes + bytes)
  }

  /** A sign of life may come in the middle of a message. */
  #pass(length: number): void {
    this.#set(Math.max(this.#bytes - length - headerBytesOf(length), 0))
  }

  /** What is left is of the next frame, and came with the end of this one. */
  #finish(length: number): void {
    const rest = this.#bytes - length - headerBytesOf(length)
    this.#set(Math.min(Math.max(rest, 0), this.#lastRead))
    this.#since = performance.now()
  }

  #set(bytes: number): void {
    if (this.#bytes === 0) this.#since = performance.now()
    this.#deps.halfRead.note(this, countedOf(bytes), countedOf(this.#bytes))
    this.#bytes = bytes
  }
}

function countedOf(bytes: number): number {
  return bytes > SMALL_BYTES ? bytes : 0
}

/** Of a frame that a client sends, RFC 6455 section 5.2. */
function headerBytesOf(length: number): number {
  if (length < MEDIUM_LENGTH) return MASKED_HEADER_BYTES
  return MASKED_HEADER_BYTES + (length < LARGE_LENGTH ? 2 : 8)
}
