import type { WebSocket } from 'ws'
import type { Proof } from '../model/speaker.ts'
import type { Hello } from '../model/stream.ts'
import type { Admission, Incident } from './admission.ts'
import { AgentLink } from './agent-link.ts'
import type { AgentStream, Ingest, Receipt } from './ingest.ts'
import type { TransportLog } from './log.ts'
import { type AgentFrame, type ByeReason, type Limits, ProtocolError } from './protocol.ts'
import { readBatch, readPart } from './received.ts'

/** Ends that happen to honest agents. */
const INNOCENT: ReadonlySet<ByeReason> = new Set(['fenced', 'timeout', 'store-failed', 'shutting-down'])

export interface HubSessionDeps {
  readonly socket: WebSocket
  readonly admission: Admission
  readonly ingest: Ingest
  readonly limits: Limits
  readonly helloTimeoutMs: number
  /** Settles whether this connection may speak for the agent (null), or why not. */
  readonly admit: (session: HubSession, hello: Hello) => Promise<ByeReason | null>
  readonly count: (reason: ByeReason) => void
  readonly onIncident: (incident: Incident) => void
  readonly log: TransportLog
}

/** One agent's conversation: hello, welcome, then what it sends and what was stored of it. */
export class HubSession {
  readonly #deps: HubSessionDeps
  readonly #impatience: NodeJS.Timeout
  #stream: AgentStream | null = null
  #hello: Hello | null = null
  readonly link: AgentLink

  constructor(deps: HubSessionDeps) {
    const { socket, limits, helloTimeoutMs, log } = deps
    this.#deps = deps
    this.link = new AgentLink({
      socket,
      pingIntervalMs: limits.pingIntervalMs,
      take: (frame) => this.#take(frame),
      end: () => this.#end(),
      who: () => ({ agentId: this.#hello?.agentId, node: this.#hello?.node, address: deps.admission.address }),
      onEnding: (reason, detail) => this.#noteEnding(reason, detail),
      log,
    })
    this.#impatience = setTimeout(() => this.link.leave('timeout'), helloTimeoutMs)
  }

  /** What the agent said of itself; null as long as it said nothing. */
  get hello(): Hello | null {
    return this.#hello
  }

  /** What the agent showed when it connected. */
  get proof(): Proof {
    return this.#deps.admission.proof
  }

  async #take(frame: AgentFrame): Promise<void> {
    const stream = this.#stream
    if (frame.type === 'hello' && this.#hello === null) return this.#open(frame)
    if (stream === null) throw new ProtocolError(`${frame.type} came before hello`, { reason: 'unexpected' })
    switch (frame.type) {
      case 'batch':
        return this.#answer(frame.epoch, await stream.apply(readBatch(frame)))
      case 'snapshot':
        return this.#answer(frame.epoch, await stream.stage(readPart(frame)))
      case 'look':
        return this.#noteLook(frame, stream)
      default:
        throw new ProtocolError(`nobody asked for this ${frame.type}`, { reason: 'unexpected' })
    }
  }

  async #open({ type: _, ...hello }: Extract<AgentFrame, { type: 'hello' }>): Promise<void> {
    const { ingest, limits, admit, log } = this.#deps
    clearTimeout(this.#impatience)
    this.#hello = hello
    // Before it can disturb whoever speaks for that name now.
    const refusal = (await ingest.judge(hello, this.proof)) ?? (await admit(this, hello))
    const opening =
      refusal === null ? await ingest.open(hello, this.proof) : ({ outcome: 'refused', reason: refusal } as const)
    if (opening.outcome === 'refused') {
      this.link.leave(opening.reason)
      return
    }
    const { stream, want, ackedSeq, enrolled } = opening
    this.#stream = stream
    if (enrolled) this.#note('enrolled', null, null)
    log.info({ agentId: hello.agentId, node: hello.node, want, ackedSeq }, 'agent connected')
    this.link.send({ type: 'welcome', ackedSeq, want, limits })
  }

  #answer(epoch: string, receipt: Receipt): void {
    if (receipt.outcome === 'stored') {
      const { ackedSeq: seq, wantSnapshot } = receipt
      this.link.send({ type: 'ack', epoch, seq, ...(wantSnapshot ? { want: 'snapshot' } : {}) })
    } else if (receipt.outcome !== 'staged') {
      this.link.leave(receipt.outcome)
    }
  }

  async #noteLook({ type: _, ...look }: Extract<AgentFrame, { type: 'look' }>, stream: AgentStream): Promise<void> {
    if (!(await stream.look(look))) this.link.leave('fenced')
  }

  #noteEnding(reason: ByeReason, detail: string | null): void {
    this.#deps.count(reason)
    if (!INNOCENT.has(reason)) this.#note('refused', reason, detail)
  }

  #note(action: Incident['action'], reason: ByeReason | null, detail: string | null): void {
    const { agentId = null, node = null } = this.#hello ?? {}
    this.#deps.onIncident({ action, reason, detail, agentId, node, address: this.#deps.admission.address })
  }

  async #end(): Promise<void> {
    clearTimeout(this.#impatience)
    await this.#stream?.end()
  }
}
