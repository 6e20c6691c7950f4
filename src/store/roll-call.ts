/** Where collectors of one database ask each other after agents. */
export const ROLL_CALL_CHANNEL = 'nsentinel_roll_call'

export interface RollCallDeps {
  /** Our own name. */
  readonly replica: string
  /** Says something to all. */
  readonly say: (payload: string) => Promise<void>
  /** Tells whether an agent is connected to us and answers. */
  readonly isAlive: (agentId: string) => Promise<boolean>
  readonly onTrouble: (error: unknown) => void
  readonly patienceMs?: number
}

type Call =
  | { readonly kind: 'ask'; readonly to: string; readonly from: string; readonly id: string; readonly agentId: string }
  | { readonly kind: 'answer'; readonly to: string; readonly id: string; readonly isAlive: boolean }

/** Longer than a connection has to answer a ping, shorter than an agent waits for its welcome. */
const PATIENCE_MS = 6000

/** Asks other collectors whether an agent of theirs still answers, and answers them. */
export class RollCall {
  readonly #deps: RollCallDeps
  readonly #waiting = new Map<string, (isAlive: boolean) => void>()

  constructor(deps: RollCallDeps) {
    this.#deps = deps
  }

  /** Our own name. */
  get replica(): string {
    return this.#deps.replica
  }

  /** Settles with false when that collector does not answer: it is gone, or frozen. */
  async ask(to: string, agentId: string): Promise<boolean> {
    const { replica, say, patienceMs = PATIENCE_MS } = this.#deps
    const id = crypto.randomUUID()
    const answer = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => answer.resolve(false), patienceMs)
    this.#waiting.set(id, answer.resolve)
    try {
      await say(encode({ kind: 'ask', to, from: replica, id, agentId }))
      return await answer.promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  /** Takes what any collector said; what is not for us, and what a later version says, is nothing to us. */
  hear(payload: string): void {
    const call = parseCall(payload)
    if (call?.to !== this.#deps.replica) return
    if (call.kind === 'answer') this.#waiting.get(call.id)?.(call.isAlive)
    else void this.#answer(call).catch(this.#deps.onTrouble)
  }

  async #answer({ from, id, agentId }: Extract<Call, { kind: 'ask' }>): Promise<void> {
    const isAlive = await this.#deps.isAlive(agentId)
    await this.#deps.say(encode({ kind: 'answer', to: from, id, isAlive }))
  }
}

function encode(call: Call): string {
  return JSON.stringify(call)
}

/**
 * Parses what a collector said.
 *
 * @throws when it is not JSON
 */
function parseCall(payload: string): Call | null {
  const { kind, to, from, id, agentId, isAlive }: Record<string, unknown> = Object(JSON.parse(payload))
  if (typeof to !== 'string' || typeof id !== 'string') return null
  if (kind === 'answer' && typeof isAlive === 'boolean') return { kind, to, id, isAlive }
  if (kind === 'ask' && typeof from === 'string' && typeof agentId === 'string') return { kind, to, from, id, agentId }
  return null
}
