import type { WebSocket } from 'ws'
import { type Proof, witnessOf } from '../model/speaker.ts'
import type { Hello } from '../model/stream.ts'
import type { Admission, Incident } from './admission.ts'
import { AgentLink, type Leave } from './agent-link.ts'
import type { ReplyFrame } from './command-schema.ts'
import { digestText } from './digest.ts'
import type { AgentStream, Ingest, Opening, Receipt } from './ingest.ts'
import type { Intake } from './intake.ts'
import type { TransportLog } from './log.ts'
import { PendingCommands } from './pending-commands.ts'
import { type AgentFrame, type ByeReason, type Limits, ProtocolError } from './protocol.ts'
import { readBatch, readPart } from './received.ts'
import { type SnapshotBounds, SnapshotSize } from './snapshot-size.ts'
import { type Cost, costOf, type Throttle } from './throttle.ts'

/** Ends that happen to honest agents. */
const INNOCENT: ReadonlySet<ByeReason> = new Set(['fenced', 'timeout', 'store-failed', 'shutting-down'])

export interface HubSessionDeps {
  readonly socket: WebSocket
  readonly admission: Admission
  readonly ingest: Ingest
  readonly intake: Intake
  readonly limits: Limits
  readonly helloTimeoutMs: number
  /** Settles whether this connection may speak for the agent (null), or why not. */
  readonly admit: (session: HubSession, hello: Hello) => Promise<ByeReason | null>
  readonly count: (reason: ByeReason) => void
  /** Called for each reply that nobody waited for any more. */
  readonly onLateReply: () => void
  readonly onIncident: (incident: Incident) => void
  /** Gives what an agent has left to send. */
  readonly throttleOf: (agentId: string) => Throttle
  readonly maxSnapshot: SnapshotBounds
  /** Called when the agent was welcomed, or never will be. */
  readonly onSettled: () => void
  readonly now: () => number
  readonly log: TransportLog
}

/** One agent's conversation: hello, welcome, then what it sends and what was stored of it. */
export class HubSession {
  readonly #deps: HubSessionDeps
  readonly #impatience: NodeJS.Timeout
  #stream: AgentStream | null = null
  #hello: Hello | null = null
  #throttle: Throttle | null = null
  #isSlowed = false
  readonly #snapshotSize: SnapshotSize
  readonly link: AgentLink
  /** What the agent was asked and has not answered. */
  readonly commands = new PendingCommands((frame) => this.link.send(frame))

  constructor(deps: HubSessionDeps) {
    const { socket, intake, limits, helloTimeoutMs, log } = deps
    this.#deps = deps
    this.#snapshotSize = new SnapshotSize(deps.maxSnapshot)
    this.link = new AgentLink({
      socket,
      intake,
      pingIntervalMs: limits.pingIntervalMs,
      take: (frame, bytes) => this.#receive(frame, bytes),
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

  /** Tells whether the agent was welcomed: only then it may be asked. */
  get isWelcomed(): boolean {
    return this.#stream !== null
  }

  /**
   * A reply that somebody waits for is bounded by what was asked, and costs the agent nothing. What waits for the store
   * must not hold the frame: of thousands of agents they would be most of the memory.
   */
  #receive(frame: AgentFrame, bytes: number): Promise<number> {
    const cost = costOf(frame, bytes)
    if (frame.type !== 'reply') return this.#take(frame, bytes).then(() => this.#charge(cost))
    if (this.commands.take(frame)) return Promise.resolve(0)
    this.#deps.onLateReply()
    return Promise.resolve(this.#charge(cost))
  }

  #take(frame: Exclude<AgentFrame, ReplyFrame>, bytes: number): Promise<void> {
    const stream = this.#stream
    if (frame.type === 'hello' && this.#hello === null) return this.#open(frame)
    if (stream === null) throw new ProtocolError(`${frame.type} came before hello`, { reason: 'unexpected' })
    switch (frame.type) {
      case 'batch':
        return this.#answer(frame.epoch, stream.apply(readBatch(frame)))
      case 'snapshot':
        this.#snapshotSize.add(frame, bytes)
        return this.#answer(frame.epoch, stream.stage(readPart(frame)))
      case 'look':
        return this.#noteLook(frame, stream)
      default:
        throw new ProtocolError('a second hello came', { reason: 'unexpected' })
    }
  }

  async #open({ type: _, ...hello }: Extract<AgentFrame, { type: 'hello' }>): Promise<void> {
    const { limits, log, onSettled } = this.#deps
    clearTimeout(this.#impatience)
    this.#hello = hello
    const opening = await this.#judge(hello, this.#deps)
    if (opening === null) return
    if (opening.outcome === 'refused') return this.#refuse(opening.reason, { detail: witnessOf(this.proof) })
    const { stream, want, ackedSeq, digest, enrolled } = opening
    this.#stream = stream
    if (enrolled) this.#note('enrolled', null, witnessOf(this.proof))
    log.info({ agentId: hello.agentId, node: hello.node, want, ackedSeq }, 'agent connected')
    const proven = want === 'resume' ? { digest: digestText(digest) } : {}
    this.link.send({ type: 'welcome', ackedSeq, want, ...proven, limits })
    onSettled()
  }

  /** Refuses before the hello can disturb whoever speaks for that name now; null when the agent was sent away. */
  async #judge(hello: Hello, { admit, ingest, throttleOf, now }: HubSessionDeps): Promise<Judged> {
    const refusal = await ingest.judge(hello, this.proof)
    if (refusal !== null) return { outcome: 'refused', reason: refusal }
    this.#throttle = throttleOf(hello.agentId)
    const retryAfterMs = this.#throttle.barredMs(now())
    if (retryAfterMs > 0) {
      this.#refuse('too-fast', { retryAfterMs })
      return null
    }
    const objection = await admit(this, hello)
    return objection === null ? ingest.open(hello, this.proof) : { outcome: 'refused', reason: objection }
  }

  /** Whoever hung up before the verdict is refused all the same. */
  #refuse(reason: ByeReason, leave: Leave): void {
    if (!this.link.leave(reason, leave)) this.#noteEnding(reason, leave.detail ?? null)
  }

  /** Gives for how long nothing more is to be read: until the agent may send on. */
  #charge(cost: Cost): number {
    if (this.#throttle === null) return 0
    const { now, log } = this.#deps
    const waitMs = this.#throttle.charge(cost, now())
    if (waitMs === 0) return 0
    const barredMs = this.#throttle.barredMs(now())
    if (barredMs > 0) {
      this.link.leave('too-fast', { retryAfterMs: barredMs })
      return 0
    }
    if (!this.#isSlowed) log.info({ agentId: this.#hello?.agentId, node: this.#hello?.node }, 'slowing an agent down')
    this.#isSlowed = true
    return waitMs
  }

  async #answer(epoch: string, coming: Promise<Receipt>): Promise<void> {
    const receipt = await coming
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
    this.commands.end()
    this.#deps.onSettled()
    await this.#stream?.end()
  }
}

type Judged = Opening | { readonly outcome: 'refused'; readonly reason: ByeReason } | null
