import type { CommandName, CommandRequest, ReplyStatus } from '../model/command.ts'
import { printable } from '../model/printable.ts'
import { Allowance } from './allowance.ts'
import {
  type CommandFrame,
  LARGEST_REPLY_BYTES,
  type Reply,
  requestSchema,
  USUAL_COMMAND_MS,
} from './command-schema.ts'
import { FIRST_FAULT } from './first-fault.ts'
import type { TransportLog } from './log.ts'
import { problemOf } from './protocol.ts'
import { cutText } from './reply-parts.ts'
import { type CommandDoer, CommandRefusal } from './transport.ts'

/** How often an agent does something that it is asked, whoever asks. */
const USUAL_SIZE = { burst: 6, perMinute: 12 }
const MOST_WAITING = 4
const LONGEST_WORD = 200

/** Where the answers to a connection's commands go, and when it ends. */
export interface Asker {
  readonly reply: (reply: Reply) => Promise<void>
  readonly signal: AbortSignal
}

export interface CommandQueueDeps {
  readonly doer: CommandDoer
  readonly log: TransportLog
  readonly now: () => number
  readonly size?: typeof USUAL_SIZE
}

interface Job {
  readonly frame: CommandFrame
  readonly request: CommandRequest
  readonly asker: Asker
  /** Fires at the deadline and with the connection. */
  readonly signal: AbortSignal
}

/**
 * What a collector asks of this agent, over all connections: one command at a time, few that wait, and only so many a
 * minute. A collector may be anybody's by now: whatever it asks is checked, bounded and logged.
 */
export class CommandQueue {
  readonly #deps: CommandQueueDeps
  readonly #allowance: Allowance
  readonly #waiting: Job[] = []
  #isBusy = false
  #isFlooded = false

  constructor(deps: CommandQueueDeps) {
    this.#deps = deps
    this.#allowance = new Allowance(deps.size ?? USUAL_SIZE, deps.now())
  }

  /** What the collector may ask. */
  get allowed(): readonly CommandName[] {
    return this.#deps.doer.allowed
  }

  /** Takes a command; every one is answered, unless its connection ends before. */
  take(frame: CommandFrame, asker: Asker): void {
    const admitted = this.#admit(frame)
    if (typeof admitted === 'string') {
      void asker.reply({ status: 'refused', reason: admitted })
      return
    }
    const signal = AbortSignal.any([asker.signal, AbortSignal.timeout(frame.timeoutMs ?? USUAL_COMMAND_MS)])
    const job = { frame, request: admitted, asker, signal }
    this.#waiting.push(job)
    signal.addEventListener('abort', () => this.#giveUp(job), { once: true })
    if (!this.#isBusy) void this.#work()
  }

  /** Ends a command that still waits: the one before it may take as long as it likes. */
  #giveUp(job: Job): void {
    const index = this.#waiting.indexOf(job)
    if (index === -1) return
    this.#waiting.splice(index, 1)
    if (!job.asker.signal.aborted) void job.asker.reply(LATE)
  }

  /** Gives the request, or why it is refused. */
  #admit({ id, command, options }: CommandFrame): CommandRequest | string {
    const { doer, log, now } = this.#deps
    if (doer.allowed.length === 0) return this.#refuse(id, command, 'this agent takes no commands')
    const waitMs = this.#allowance.take(now())
    if (waitMs > 0) return this.#refuse(id, command, `too many commands: ask again in ${Math.ceil(waitMs / 1000)} s`)
    this.#isFlooded = false
    if (!doer.allowed.some((one) => one === command)) {
      return this.#refuse(id, command, `this agent allows ${doer.allowed.join(', ')} only`)
    }
    const request = requestSchema.safeParse({ ...options, command }, FIRST_FAULT)
    if (!request.success) return this.#refuse(id, command, `it cannot be asked so: ${problemOf(request.error)}`)
    if (this.#waiting.length >= MOST_WAITING) return this.#refuse(id, command, 'other commands wait already')
    log.info({ id: printable(id), command }, 'a command came')
    return request.data
  }

  /** A flood is logged once. */
  #refuse(id: string, command: string, reason: string): string {
    const isLogged = !this.#isFlooded
    this.#isFlooded = true
    if (isLogged) this.#deps.log.warn({ id: printable(id), command: printable(command), reason }, 'refused a command')
    return reason
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) await this.#run(job)
    this.#isBusy = false
  }

  /** Answers by the deadline, and ends when nothing of the command runs any more. */
  async #run({ frame, request, asker, signal }: Job): Promise<void> {
    const { doer, log, now } = this.#deps
    const begunAt = now()
    const doing = resultOf(doer, request, frame, signal)
    const late = aborted(signal)
    const result = await Promise.race([doing, late])
    const { command } = frame
    const id = printable(frame.id)
    const status = asker.signal.aborted ? 'given-up' : result.status
    log.info({ id, command, status, tookMs: now() - begunAt }, 'a command ended')
    // A collector that does not read keeps nobody waiting for longer than its own deadline.
    if (result.status === 'done') await Promise.race([sendParts(result.texts, asker, signal), late])
    else void asker.reply(result)
    await doing
  }
}

type Result =
  | { readonly status: 'done'; readonly texts: readonly string[] }
  | { readonly status: Exclude<ReplyStatus, 'done'>; readonly reason: string }

const LATE = { status: 'timed-out', reason: 'the deadline passed' } as const satisfies Result

async function resultOf(
  doer: CommandDoer,
  request: CommandRequest,
  { maxBytes = LARGEST_REPLY_BYTES }: CommandFrame,
  signal: AbortSignal,
): Promise<Result> {
  try {
    const text = JSON.stringify(await doer.carryOut(request, signal))
    const bytes = Buffer.byteLength(text)
    if (bytes > maxBytes) return { status: 'too-large', reason: `the result has ${bytes} bytes, expected ${maxBytes}` }
    return { status: 'done', texts: cutText(text) }
  } catch (error) {
    if (signal.aborted) return LATE
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_WORD)
    return { status: error instanceof CommandRefusal ? 'refused' : 'failed', reason }
  }
}

function aborted(signal: AbortSignal): Promise<Result> {
  const { promise, resolve } = Promise.withResolvers<Result>()
  if (signal.aborted) resolve(LATE)
  else signal.addEventListener('abort', () => resolve(LATE), { once: true })
  return promise
}

/** One after another, so that what else is to be sent finds its way between. */
async function sendParts(texts: readonly string[], { reply }: Asker, signal: AbortSignal): Promise<void> {
  for (const [index, text] of texts.entries()) {
    if (signal.aborted) return
    await reply({ status: 'done', part: index + 1, parts: texts.length, text })
  }
}
