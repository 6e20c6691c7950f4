import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { CommandNews, CommandStore } from '../../store/command-store.ts'
import type { Hub } from '../../transport/hub.ts'
import type { CommandAnswer } from '../../transport/pending-commands.ts'
import { askHere } from './ask-here.ts'
import { encodeAnswer, parseQuestion } from './words.ts'

export interface ErrandsDeps {
  readonly store: CommandStore
  readonly agents: Pick<Hub, 'agentOf'>
  readonly log: Pick<FastifyBaseLogger, 'warn'>
}

/** Whoever asked may have gone: what was begun is answered all the same. */
const NEVER = new AbortController().signal

/** How long after the deadline somebody may still wait. */
const ANSWERED_WITHIN_MS = 4000
const RETRY_MS = 500

type Posted = Omit<Extract<CommandNews, { id: string }>, 'kind'>

/** Does what other collectors' operators ask of agents that are connected here. */
export class Errands {
  readonly #deps: ErrandsDeps
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()

  constructor(deps: ErrandsDeps) {
    this.#deps = deps
  }

  /** Looks whether a command is for an agent of ours. */
  consider(posted: Posted): void {
    if (this.#stop.signal.aborted || this.#deps.agents.agentOf(posted.node) === null) return
    this.#track(this.#run(posted))
  }

  /** Looks through all that nobody has taken. */
  considerAll(): void {
    if (this.#stop.signal.aborted) return
    const all = async () => {
      for (const posted of await this.#deps.store.listPosted()) this.consider(posted)
    }
    this.#track(all())
  }

  /** Takes no more, and settles when what was taken is answered. */
  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running)
  }

  #track(errand: Promise<void>): void {
    const done = errand
      .catch((err: unknown) => this.#deps.log.warn({ err }, 'could not do what another collector asked'))
      .finally(() => this.#running.delete(done))
    this.#running.add(done)
  }

  async #run({ id, node }: Posted): Promise<void> {
    const { store } = this.#deps
    const taken = await store.take(id)
    if (taken === null) return
    const patience = AbortSignal.timeout(taken.leftMs + ANSWERED_WITHIN_MS)
    const answer = encodeAnswer(await this.#ask(node, taken.question, taken.leftMs))
    while (!(await this.#leave(id, answer))) {
      if (patience.aborted || this.#stop.signal.aborted) return
      await delay(RETRY_MS)
    }
  }

  /** Tells whether the answer is left, or nobody waits for it; a database that is away may be back in time. */
  async #leave(id: string, answer: string): Promise<boolean> {
    return this.#deps.store.answer(id, answer).then(
      () => true,
      (err: unknown) => {
        this.#deps.log.warn({ err }, 'could not leave an answer for another collector')
        return false
      },
    )
  }

  async #ask(node: string, text: string, timeoutMs: number): Promise<CommandAnswer> {
    const question = parseQuestion(text)
    if (question === null) {
      return { status: 'refused', reason: 'the collector that has the agent is of a version that does not know this' }
    }
    // It was there a moment ago.
    const agent = this.#deps.agents.agentOf(node)
    if (agent === null) return { status: 'lost', reason: "the agent's connection ended" }
    return askHere(agent, node, { ...question, timeoutMs }, NEVER)
  }
}
