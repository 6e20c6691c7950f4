import { isSameProof } from '../model/speaker.ts'
import type { Hello } from '../model/stream.ts'
import type { HubSession } from './hub-session.ts'
import type { TransportLog } from './log.ts'
import type { ByeReason } from './protocol.ts'

export interface SpeakersOptions {
  /** How long a connection may take to prove that it lives, when another agent claims its identity. */
  readonly probeTimeoutMs: number
  readonly log: TransportLog
}

/** Which connection speaks for each agent. */
export class Speakers {
  readonly #options: SpeakersOptions
  readonly #byAgent = new Map<string, HubSession>()

  constructor(options: SpeakersOptions) {
    this.#options = options
  }

  /** Gives who speaks for a node and was welcomed. */
  ofNode(node: string): HubSession | null {
    const sessions = [...this.#byAgent.values()].filter((session) => session.hello?.node === node)
    return sessions.findLast(({ isWelcomed }) => isWelcomed) ?? null
  }

  /** Tells whether an agent was welcomed here and still answers; one that does not is given up. */
  async isAlive(agentId: string): Promise<boolean> {
    const session = this.#byAgent.get(agentId)
    if (session?.isWelcomed !== true) return false
    return this.#isAlive(session)
  }

  /**
   * Lets a connection speak for its agent (null), or says why not. The same process takes over its own lost connection at
   * once; another one (another boot, epoch or run) only where the old connection no longer answers.
   */
  async admit(session: HubSession, hello: Hello): Promise<ByeReason | null> {
    const { agentId } = hello
    for (let rival = this.#byAgent.get(agentId); rival !== undefined; rival = this.#byAgent.get(agentId)) {
      if (isSameProcess(rival, session, hello)) {
        if (isOvertaken(hello, rival.hello)) return 'fenced'
        rival.link.leave('fenced')
      } else if (await this.#isAlive(rival)) return this.#refuse(hello, rival.hello)
      if (this.#byAgent.get(agentId) === rival) this.#byAgent.delete(agentId)
    }
    this.#byAgent.set(agentId, session)
    return null
  }

  /** Notes that a connection ended. */
  forget(session: HubSession): void {
    const agentId = session.hello?.agentId
    if (agentId !== undefined && this.#byAgent.get(agentId) === session) this.#byAgent.delete(agentId)
  }

  async #isAlive({ link }: HubSession): Promise<boolean> {
    const isAlive = await link.isAlive(this.#options.probeTimeoutMs)
    if (!isAlive) link.terminate()
    return isAlive
  }

  #refuse({ agentId, node, bootId }: Hello, rival: Hello | null): ByeReason {
    const fields = { agentId, node, bootId, otherNode: rival?.node, otherBootId: rival?.bootId }
    this.#options.log.warn(fields, 'refused a second agent with the same identity')
    return 'already-connected'
  }
}

function isSameProcess({ hello, proof }: HubSession, next: HubSession, { bootId, epoch, run }: Hello): boolean {
  if (hello?.bootId !== bootId || !isSameProof(proof, next.proof)) return false
  // An agent may begin a new epoch at any time; of an old version only its epoch tells it from a copy.
  return hello.run === run && (run !== undefined || hello.epoch === epoch)
}

/** An agent's later hello may be read before its earlier one. */
function isOvertaken({ attempt }: Hello, by: Hello | null): boolean {
  return attempt !== undefined && by?.attempt !== undefined && by.attempt >= attempt
}
