import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { CommandStore, Posting } from '../../store/command-store.ts'
import type { AskedCommand } from '../../transport/pending-commands.ts'
import type { Outcome } from './outcome.ts'
import { encodeQuestion, parseAnswer } from './words.ts'

/** How long a collector that has the agent may take to take the command. */
const TAKEN_WITHIN_MS = 2000
/** How much longer than the agent's time we wait: the collector that asks it waits for longer than that, too. */
const GRACE_MS = 4000
/** How often we look ourselves: news may be lost with a connection. */
const LOOK_EVERY_MS = 1000

const NOT_POSTED: Readonly<Record<Exclude<Posting, 'posted'>, Outcome>> = {
  'unknown-node': { status: 'unknown-node', reason: 'no agent has ever spoken for this node' },
  'not-connected': { status: 'not-connected', reason: "the node's agent is not connected" },
  'too-many': { status: 'too-many', reason: 'too many commands wait between the collectors', retryAfterS: 5 },
}
const UNTAKEN: Outcome = { status: 'not-connected', reason: "no collector has a connection of the node's agent" }
const LATE: Outcome = { status: 'timed-out', reason: 'no answer came in time from the collector that has the agent' }
const UNPOSTED: Outcome = { status: 'timed-out', reason: 'nothing was asked: the store did not take the command' }
const GIVEN_UP: Outcome = { status: 'timed-out', reason: 'nobody waits for the answer any more' }

export interface AskElsewhereDeps {
  readonly store: CommandStore
  readonly log: Pick<FastifyBaseLogger, 'warn'>
}

/** Asks agents that are connected to other collectors of the store, and waits for what comes of it. */
export class AskElsewhere {
  readonly #deps: AskElsewhereDeps
  /** Resolved when there is news of a command, by its id. */
  readonly #bells = new Map<string, PromiseWithResolvers<void>>()

  constructor(deps: AskElsewhereDeps) {
    this.#deps = deps
  }

  /** Wakes who waits for a command, or for any. */
  ring(id: string | null): void {
    for (const [waiting, bell] of this.#bells) {
      if (id !== null && id !== waiting) continue
      this.#bells.set(waiting, Promise.withResolvers())
      bell.resolve()
    }
  }

  /** Asks, and settles by the deadline, also where the database does not; the signal gives the command up. */
  async ask(node: string, asked: AskedCommand, signal: AbortSignal): Promise<Outcome> {
    const enough = new AbortController()
    // It only ends sooner.
    const late = delay(asked.timeoutMs + GRACE_MS, LATE, { signal: enough.signal }).catch(() => LATE)
    const answered = this.#ask(node, asked, AbortSignal.any([signal, enough.signal]))
    return await Promise.race([answered, late]).finally(() => enough.abort())
  }

  async #ask(node: string, { timeoutMs, ...asked }: AskedCommand, signal: AbortSignal): Promise<Outcome> {
    const id = randomUUID()
    const { store, log } = this.#deps
    this.#bells.set(id, Promise.withResolvers())
    try {
      const posting = await store.post({ id, node, question: encodeQuestion(asked), timeoutMs })
      if (posting !== 'posted') return NOT_POSTED[posting]
      return await this.#answerTo(id, timeoutMs, signal)
    } catch (err) {
      log.warn({ err }, 'could not ask another collector')
      return UNPOSTED
    } finally {
      this.#bells.delete(id)
      // What cannot be dropped ends by itself.
      store.drop(id).catch((err: unknown) => log.warn({ err }, 'could not forget a command'))
    }
  }

  async #answerTo(id: string, timeoutMs: number, signal: AbortSignal): Promise<Outcome> {
    const postedAt = performance.now()
    for (;;) {
      const bell = this.#bells.get(id)
      const outcome = await this.#look(id, performance.now() - postedAt).catch((err: unknown) => {
        // The database may be back before the deadline.
        this.#deps.log.warn({ err }, 'could not look after a command')
        return null
      })
      if (outcome !== null) return outcome
      if (signal.aborted) return GIVEN_UP
      if (performance.now() - postedAt > timeoutMs + GRACE_MS) return LATE
      await rung(bell?.promise, signal)
    }
  }

  /** Null as long as there is something to wait for. */
  async #look(id: string, waitedMs: number): Promise<Outcome | null> {
    const { store } = this.#deps
    const state = await store.read(id)
    if (state === null) return LATE
    if (state.answer !== null) return parseAnswer(state.answer)
    const isLate = !state.isTaken && waitedMs > TAKEN_WITHIN_MS
    return isLate && (await store.withdraw(id)) ? UNTAKEN : null
  }
}

/** Waits for news, or for so long. */
async function rung(bell: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  const enough = new AbortController()
  const limit = AbortSignal.any([signal, enough.signal])
  // It only ends sooner.
  const patience = delay(LOOK_EVERY_MS, undefined, { signal: limit }).catch(() => undefined)
  await Promise.race([bell, patience].filter((one) => one !== undefined))
  enough.abort()
}
