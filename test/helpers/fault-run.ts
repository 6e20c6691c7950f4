import { join } from 'node:path'
import { ENROLMENT } from './collect.ts'
import type { Trouble } from './fault-proxy.ts'
import { FaultSite } from './fault-site.ts'
import type { FaultStore } from './fault-store.ts'
import { type LedgerAgent, type LedgerAgentOptions, startLedgerAgent } from './ledger-agent.ts'
import { type Audit, auditHistory } from './ledger-audit.ts'
import type { Owner } from './running.ts'
import type { HistoryRow } from './stream.ts'
import { until } from './until.ts'

const PACE_MS = 4
const AGENT_PATH = '/api/v1/agents/connect'

export interface FaultRunOptions {
  readonly seed: number
  /** A folder of the run's own, empty. */
  readonly folder: string
  readonly store: FaultStore
  readonly draw?: () => Trouble
  /** Where the agent's state is, unless it is in the folder. */
  readonly stateDir?: string
}

/** Collectors and an agent with a ledger to tell, as processes, with a proxy between them. */
export class FaultRun {
  readonly site: FaultSite
  readonly stateDir: string
  readonly #owner: Owner
  readonly #seed: number
  readonly #agentId: string
  #agent: LedgerAgent | null = null
  #clockOffsetMs = 0

  private constructor(owner: Owner, site: FaultSite, { seed, folder, stateDir }: Omit<FaultRunOptions, 'store'>) {
    this.#owner = owner
    this.site = site
    this.#seed = seed
    this.#agentId = `agent-of-ledger-${seed}`
    this.stateDir = stateDir ?? join(folder, `state-${seed}`)
  }

  /** Starts all of it. */
  static async start(owner: Owner, options: FaultRunOptions): Promise<FaultRun> {
    return FaultRun.join(owner, await FaultSite.start(owner, options), options)
  }

  /** Starts an agent with a ledger of its own at a site that is there. */
  static async join(owner: Owner, site: FaultSite, options: Omit<FaultRunOptions, 'store'>): Promise<FaultRun> {
    const run = new FaultRun(owner, site, options)
    await run.startAgent()
    return run
  }

  startCollector(): Promise<void> {
    return this.site.start()
  }

  killCollector(): Promise<void> {
    return this.site.end('SIGKILL')
  }

  /** Starts the agent, whose clock is off by so much, and waits until it tells. */
  async startAgent(given: Partial<LedgerAgentOptions> = {}): Promise<LedgerAgent> {
    this.#clockOffsetMs = given.clockOffsetMs ?? this.#clockOffsetMs
    const agent = await this.startOther(given)
    this.#agent = agent
    return agent
  }

  /** Starts an agent beside it. */
  async startOther(given: Partial<LedgerAgentOptions>): Promise<LedgerAgent> {
    const agent = startLedgerAgent(this.#owner, {
      url: `ws://127.0.0.1:${this.site.proxy.port}${AGENT_PATH}`,
      enrolmentToken: ENROLMENT,
      // The same in every life.
      secret: `secret-of-a-test-0123456789abcdef-${this.#agentId}`,
      folder: this.stateDir,
      seed: this.#seed,
      paceMs: PACE_MS,
      clockOffsetMs: this.#clockOffsetMs,
      agentId: this.#agentId,
      worldEntry: 0,
      ...given,
    })
    await agent.began
    return agent
  }

  async killAgent(): Promise<void> {
    await this.#agent?.kill()
  }

  /** Lets the agent end in peace, and gives the last entry that it told. */
  async finishAgent(): Promise<number> {
    if (this.#agent === null) throw new Error('no agent runs')
    return this.#agent.finish()
  }

  /** What the agent logged in its present life. */
  agentText(): string {
    return this.#agent?.text() ?? ''
  }

  /** Waits until the store has more of the agent than now. */
  async progress(): Promise<void> {
    const { store } = this.site
    const before = await store.readAckedSeq(this.#agentId)
    await until(async () => (await store.readAckedSeq(this.#agentId)) > before || undefined)
  }

  /** What the store holds of the agent by now. */
  history(): Promise<HistoryRow[]> {
    return this.site.store.readHistory(this.#agentId)
  }

  /** Lets the agent end in peace, and compares what was stored with its ledger. */
  async finish(): Promise<Audit & { readonly entries: number }> {
    const entries = await this.finishAgent()
    await this.site.end('SIGTERM')
    return this.audit(entries)
  }

  /** Compares what was stored with the first entries of the ledger. */
  async audit(entries: number): Promise<Audit & { readonly entries: number }> {
    return { entries, ...auditHistory(await this.history(), this.#seed, entries) }
  }
}
