import { join } from 'node:path'
import { type StartedCollector as Collector, collect, ENROLMENT } from './collect.ts'
import { type FaultProxy, startFaultProxy, type Trouble } from './fault-proxy.ts'
import { type LedgerAgent, type LedgerAgentOptions, startLedgerAgent } from './ledger-agent.ts'
import { type Audit, auditHistory } from './ledger-audit.ts'
import type { Owner } from './running.ts'
import { type HistoryRow, readHistory } from './stream.ts'

/** An agent's own secret; it shows the same in every life. */
const SECRET = 'a-secret-of-an-agent-of-a-test-0123456789abcd'
const PACE_MS = 4
const AGENT_PATH = '/api/v1/agents/connect'

export interface FaultRunOptions {
  readonly seed: number
  /** A folder of the run's own, empty. */
  readonly folder: string
  readonly draw?: () => Trouble
  /** Where the agent's state is, unless it is in the folder. */
  readonly stateDir?: string
}

/** A collector and an agent with a ledger to tell, as processes, with a proxy between them. */
export class FaultRun {
  readonly stateDir: string
  readonly #owner: Owner
  readonly #options: FaultRunOptions
  readonly #proxy: FaultProxy
  readonly #store: string
  #collector: Collector | null = null
  #agent: LedgerAgent | null = null
  #clockOffsetMs = 0

  private constructor(
    owner: Owner,
    options: FaultRunOptions,
    proxy: FaultProxy,
    portOf: (port: () => number | null) => void,
  ) {
    this.#owner = owner
    this.#options = options
    this.#proxy = proxy
    this.#store = join(options.folder, 'store.db')
    this.stateDir = options.stateDir ?? join(options.folder, 'state')
    portOf(() => (this.#collector === null ? null : Number(new URL(this.#collector.origin).port)))
  }

  /** Starts all of it. */
  static async start(owner: Owner, options: FaultRunOptions): Promise<FaultRun> {
    let targetPort: () => number | null = () => null
    const draw = options.draw ?? (() => ({ kind: 'none' }) as const)
    const proxy = await startFaultProxy(owner, { targetPort: () => targetPort(), draw })
    const run = new FaultRun(owner, options, proxy, (port) => {
      targetPort = port
    })
    await run.startCollector()
    await run.startAgent()
    return run
  }

  /** How many connections each trouble befell. */
  get troubles(): FaultProxy['counts'] {
    return this.#proxy.counts
  }

  async startCollector(): Promise<void> {
    this.#collector = await collect(this.#owner, ['--store', this.#store, '--log-level', 'info'])
  }

  async killCollector(): Promise<void> {
    const collector = this.#collector
    this.#collector = null
    await collector?.end('SIGKILL')
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
      url: `ws://127.0.0.1:${this.#proxy.port}${AGENT_PATH}`,
      enrolmentToken: ENROLMENT,
      secret: SECRET,
      folder: this.stateDir,
      seed: this.#options.seed,
      paceMs: PACE_MS,
      clockOffsetMs: this.#clockOffsetMs,
      agentId: 'agent-of-a-ledger',
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

  /** What the collector logged in its present life. */
  collectorText(): string {
    return this.#collector?.text() ?? ''
  }

  /** What the store holds by now. */
  history(): HistoryRow[] {
    return readHistory(this.#store)
  }

  /** Lets the agent end in peace, and compares what was stored with its ledger. */
  async finish(): Promise<Audit & { readonly entries: number }> {
    const entries = await this.finishAgent()
    await this.#collector?.end('SIGTERM')
    return { entries, ...auditHistory(this.#store, this.#options.seed, entries) }
  }
}
