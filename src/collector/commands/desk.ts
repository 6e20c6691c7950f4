import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { printable } from '../../model/printable.ts'
import type { ReadStore, TrustStore } from '../../store/store.ts'
import type { AllowanceSize } from '../../transport/allowance.ts'
import { LARGEST_REPLY_BYTES } from '../../transport/command-schema.ts'
import type { Hub } from '../../transport/hub.ts'
import type { Audit } from '../audit.ts'
import { askHere } from './ask-here.ts'
import { Operators, USUAL_ASKING } from './operators.ts'
import type { OperatorCommand, Outcome } from './outcome.ts'

const LONGEST_DETAIL = 200

export interface CommandDeskDeps {
  readonly agents: Pick<Hub, 'agentOf'>
  readonly store: Pick<ReadStore, 'readNode'> & Pick<TrustStore, 'keepAudit'>
  readonly audit: Pick<Audit, 'note'>
  readonly now: () => number
  readonly log: FastifyBaseLogger
  readonly asking?: AllowanceSize
}

/** Where operators ask nodes: each so often only, and nothing is asked that the audit does not have first. */
export class CommandDesk {
  readonly #deps: CommandDeskDeps
  readonly #operators: Operators

  constructor(deps: CommandDeskDeps) {
    this.#deps = deps
    this.#operators = new Operators(deps.asking ?? USUAL_ASKING)
  }

  /** Asks, and settles by the deadline; the signal gives the command up. */
  async ask(command: OperatorCommand, signal: AbortSignal): Promise<Outcome> {
    const { now, store, log } = this.#deps
    const { node, operator, address, request } = command
    const waitMs = this.#operators.take(operator, now())
    if (waitMs > 0) return this.#refuse(command, Math.ceil(waitMs / 1000))
    const agentId = this.#deps.agents.agentOf(node)?.agentId ?? null
    const at = now()
    const entry = { id: randomUUID(), at, count: 1, action: 'commanded', agentId, node, address } as const
    const keep = (reason: string, detail: string) =>
      store.keepAudit([{ ...entry, lastAt: now(), reason, detail: printable(detail).slice(0, LONGEST_DETAIL) }])
    const asked = `${request.command}, by ${operator}`
    await keep('asked', asked)
    const outcome = await this.#run(command, signal)
    const told = outcome.status === 'done' ? asked : `${asked}: ${outcome.reason}`
    await keep(outcome.status, told)
    const fields = { node, agentId, command: request.command, operator, address, tookMs: now() - at }
    log.info({ ...fields, status: outcome.status }, 'an operator asked a node')
    return outcome
  }

  async #run({ node, request, timeoutMs }: OperatorCommand, signal: AbortSignal): Promise<Outcome> {
    const { agents, store } = this.#deps
    const asked = { request, timeoutMs, maxBytes: LARGEST_REPLY_BYTES }
    const agent = agents.agentOf(node)
    if (agent !== null) return askHere(agent, node, asked, signal)
    if ((await store.readNode(node)) === null) {
      return { status: 'unknown-node', reason: 'no agent has ever spoken for this node' }
    }
    return { status: 'not-connected', reason: "the node's agent is not connected" }
  }

  /** What is refused is not done: alike refusals are one entry. */
  #refuse({ node, operator, address, request }: OperatorCommand, retryAfterS: number): Outcome {
    const detail = `${request.command}, by ${operator}`
    this.#deps.audit.note({ action: 'commanded', reason: 'too-many', address, agentId: null, node, detail })
    return { status: 'too-many', reason: `one operator asks so often only: wait ${retryAfterS} s`, retryAfterS }
  }
}
