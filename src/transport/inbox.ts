import type { RawData, WebSocket } from 'ws'
import type { Intake, Reader } from './intake.ts'
import { sizeOf } from './protocol.ts'

interface Message {
  readonly data: RawData
  readonly isBinary: boolean
  readonly bytes: number
}

/** Takes a message in; settles when nothing of it is held any more, with how long to read nothing further. */
export type TakeMessage = (data: RawData, isBinary: boolean) => Promise<number>

/** The messages of one socket, taken one after another: meanwhile, and while the intake is full, the socket is not read. */
export class Inbox implements Reader {
  readonly #socket: WebSocket
  readonly #intake: Intake
  readonly #take: TakeMessage
  #waiting: Message[] = []
  #waitingBytes = 0
  #isTaking = false
  #isHeldBack = false
  #probes = 0
  #working: Promise<void> = Promise.resolve()
  #endRest: () => void = () => undefined

  constructor(socket: WebSocket, intake: Intake, take: TakeMessage) {
    this.#socket = socket
    this.#intake = intake
    this.#take = take
  }

  /** Nothing that the other end says can be heard at the moment. */
  get isDeaf(): boolean {
    return this.#isTaking || this.#isHeldBack || this.#intake.isFull
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Reads the socket all the same until this is settled; what comes meanwhile waits. */
  async listen<Result>(until: () => Promise<Result>): Promise<Result> {
    this.#probes += 1
    this.#socket.resume()
    try {
      return await until()
    } finally {
      this.#probes -= 1
      if (this.isDeaf) this.hold()
    }
  }

  receive(data: RawData, isBinary: boolean): void {
    const bytes = sizeOf(data)
    this.#waiting.push({ data, isBinary, bytes })
    this.#waitingBytes += bytes
    this.#intake.add(bytes)
    if (!this.#isTaking) this.#working = this.#work()
  }

  /** Drops what waits. */
  clear(): void {
    this.#intake.remove(this.#waitingBytes)
    this.#waiting = []
    this.#waitingBytes = 0
  }

  /** The socket is gone: settles when the last message has been taken. */
  async end(): Promise<void> {
    this.#intake.leave(this)
    this.clear()
    this.#endRest()
    await this.#working
  }

  /** Reads nothing more until it may go on, whatever else lets it. */
  holdBack(): void {
    this.#isHeldBack = true
    this.hold()
  }

  goOn(): void {
    this.#isHeldBack = false
    this.release()
  }

  hold(): void {
    if (this.#probes === 0) this.#socket.pause()
  }

  release(): void {
    if (!this.isDeaf) this.#socket.resume()
  }

  /** An agent cannot outrun the store. */
  async #work(): Promise<void> {
    this.#isTaking = true
    // Not before: whoever comes while the intake is full may say hello.
    this.#intake.join(this)
    this.hold()
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#waitingBytes -= next.bytes
      const restMs = await this.#take(next.data, next.isBinary)
      this.#intake.remove(next.bytes)
      if (restMs > 0) await this.#rest(restMs)
    }
    this.#isTaking = false
    this.release()
  }

  /** The socket's end ends it, too. */
  #rest(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.#endRest = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }
}
