import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { CommandName } from '../../model/command.ts'
import { printable } from '../../model/printable.ts'
import type { ReadStore, TrustStore } from '../../store/store.ts'
import type { AllowanceSize } from '../../transport/allowance.ts'
import { LARGEST_REPLY_BYTES } from '../../transport/command-schema.ts'
import type { Hub } from '../../transport/hub.ts'
import type { Audit } from '../audit.ts'
import type { AskElsewhere } from './ask-elsewhere.ts'
import { askHere } from './ask-here.ts'
import { Operators, USUAL_ASKING } from './operators.ts'
import type { OperatorCommand, Outcome } from './outcome.ts'

const LONGEST_DETAIL = 200

export interface CommandDeskDeps {
  readonly agents: Pick<Hub, 'agentOf'>
  readonly store: Pick<TrustStore, 'keepAudit'> & Pick<ReadStore, 'readNode'>
  /** Asks agents that are connected to other collectors. */
  readonly elsewhere: Pick<AskElsewhere, 'ask'>
  readonly audit: Pick<Audit, 'note'>
  readonly now: () => number
  readonly log: FastifyBaseLogger
  readonly asking?: AllowanceSize
}

/** Commands of one name that ended in one way. */
export interface EndedCommands {
  readonly command: CommandName
  readonly status: Outcome['status']
  readonly total: number
}

/** Where operators ask nodes: each so often only, and nothing is asked that the audit does not have first. */
export class CommandDesk {
  readonly #deps: CommandDeskDeps
  readonly #operators: Operators
  readonly #ended = new Map<string, EndedCommands>()

  constructor(deps: CommandDeskDeps) {
    this.#deps = deps
    this.#operators = new Operators(deps.asking ?? USUAL_ASKING)
  }

  /** How many commands ended in which way. */
  get ended(): Iterable<EndedCommands> {
    return this.#ended.values()
  }

  /** Asks, and settles by the deadline; the signal gives the command up. */
  async ask(command: OperatorCommand, signal: AbortSignal): Promise<Outcome> {
    const { now, log } = this.#deps
    const waitMs = this.#operators.take(command.operator, now())
    if (waitMs > 0) return this.#refuse(command, Math.ceil(waitMs / 1000))
    const { node, operator, address, request, timeoutMs } = command
    const at = now()
    const note = this.#begin(command, at)
    const isKept = await within(timeoutMs, note('asked', ''))
    const outcome = isKept ? await this.#run(command, signal) : UNKEPT
    const { status } = outcome
    note(status, status === 'done' ? '' : `: ${outcome.reason}`).catch((err: unknown) =>
      log.error({ err }, 'could not keep how a command ended'),
    )
    this.#count(request.command, status)
    const fields = { node, command: request.command, operator, address, status, tookMs: now() - at }
    log.info(fields, 'an operator asked a node')
    return outcome
  }

  /** Gives what keeps the command's entry in the audit, as far as it has come. */
  #begin({ node, operator, address, request }: OperatorCommand, at: number) {
    const { now, store } = this.#deps
    const coming = this.#agentIdOf(node)
    const entry = { id: randomUUID(), at, count: 1, action: 'commanded', node, address } as const
    return async (reason: string, more: string) => {
      const detail = printable(`${request.command}, by ${operator}${more}`).slice(0, LONGEST_DETAIL)
      const agentId = await coming
      return store.keepAudit([{ ...entry, agentId, lastAt: now(), reason, detail }])
    }
  }

  /** Of an agent that is connected to another collector, or to none, the store knows. */
  async #agentIdOf(node: string): Promise<string | null> {
    const { store, agents } = this.#deps
    return agents.agentOf(node)?.agentId ?? (await store.readNode(node))?.agentId ?? null
  }

  async #run({ node, request, timeoutMs }: OperatorCommand, signal: AbortSignal): Promise<Outcome> {
    const { agents, elsewhere } = this.#deps
    const asked = { request, timeoutMs, maxBytes: LARGEST_REPLY_BYTES }
    const agent = agents.agentOf(node)
    return agent === null ? elsewhere.ask(node, asked, signal) : askHere(agent, node, asked, signal)
  }

  /** What is refused is not done: alike refusals are one entry. */
  #refuse({ node, operator, address, request }: OperatorCommand, retryAfterS: number): Outcome {
    const detail = `${request.command}, by ${operator}`
    this.#deps.audit.note({ action: 'commanded', reason: 'too-many', address, agentId: null, node, detail })
    this.#count(request.command, 'too-many')
    return { status: 'too-many', reason: `one operator asks so often only: wait ${retryAfterS} s`, retryAfterS }
  }

  #count(command: CommandName, status: Outcome['status']): void {
    const key = `${command} ${status}`
    this.#ended.set(key, { command, status, total: (this.#ended.get(key)?.total ?? 0) + 1 })
  }
}

const UNKEPT: Outcome = { status: 'timed-out', reason: 'nothing was asked: the store did not keep who asks' }

/** Tells whether something was done in time; what takes longer than that goes on. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const enough = new AbortController()
  const patience = delay(ms, false, { signal: enough.signal }).catch(() => false)
  return await Promise.race([work.then(() => true), patience]).finally(() => enough.abort())
}
