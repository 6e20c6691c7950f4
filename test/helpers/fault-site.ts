import { type StartedCollector as Collector, collect } from './collect.ts'
import { type FaultProxy, startFaultProxy, type Trouble } from './fault-proxy.ts'
import type { FaultStore } from './fault-store.ts'
import type { Owner } from './running.ts'

const LAST_WORDS = 1000

export interface FaultSiteOptions {
  readonly store: FaultStore
  readonly draw?: () => Trouble
}

/** The collectors of a run, as processes that can be killed and frozen, behind one address that gives each its turn. */
export class FaultSite {
  readonly store: FaultStore
  readonly #owner: Owner
  readonly #slots: readonly Slot[]
  readonly #crashes: string[] = []
  #turn = 0
  #proxy: FaultProxy | null = null

  private constructor(owner: Owner, store: FaultStore) {
    this.#owner = owner
    this.store = store
    this.#slots = Array.from({ length: store.collectors }, () => new Slot())
  }

  /** Starts all of it. */
  static async start(owner: Owner, { store, draw = () => ({ kind: 'none' }) }: FaultSiteOptions): Promise<FaultSite> {
    const site = new FaultSite(owner, store)
    site.#proxy = await startFaultProxy(owner, { targetPort: () => site.#nextPort(), draw })
    await site.start()
    return site
  }

  get proxy(): FaultProxy {
    if (this.#proxy === null) throw new Error('the site has not begun')
    return this.#proxy
  }

  /** What the collectors logged in their present lives. */
  text(): string {
    return this.#slots.map(({ collector }) => collector?.text() ?? '').join('')
  }

  /** Collectors that ended though nobody ended them, with their last words. */
  get crashes(): readonly string[] {
    return this.#crashes
  }

  /** Where each collector listens, now or again. */
  get ports(): readonly number[] {
    return this.#slots.map(({ port }) => port)
  }

  /** Starts the collectors that do not run, where they were before. */
  async start(): Promise<void> {
    const { args, env } = this.store
    const down = this.#slots.filter(({ collector }) => collector === null)
    const started = await Promise.all(
      down.map(({ port }) =>
        collect(this.#owner, ['--listen', `127.0.0.1:${port}`, ...args, '--log-level', 'info'], env),
      ),
    )
    for (const [index, slot] of down.entries()) this.#fill(slot, started[index])
  }

  /** Ends this collector, or all. */
  async end(signal: NodeJS.Signals, index?: number): Promise<void> {
    const ending = index === undefined ? this.#slots : [this.#slot(index)]
    const collectors = ending.map(({ collector }) => collector)
    for (const slot of ending) slot.collector = null
    await Promise.all(collectors.map((collector) => collector?.end(signal)))
  }

  /** Has every agent of this collector move on, whose old connections stay open, and nobody come to it. */
  strand(index: number): void {
    const slot = this.#slot(index)
    slot.isAvoided = true
    this.proxy.strand(slot.port)
  }

  /** Cuts every connection, so that each agent comes to the next collector. */
  move(): void {
    for (const { port } of this.#slots) this.proxy.cut(port)
  }

  /** Lets agents come to it again. */
  rejoin(index: number): void {
    this.#slot(index).isAvoided = false
  }

  /** Sends a signal to this collector, such as SIGSTOP or SIGCONT. */
  signal(index: number, signal: NodeJS.Signals): void {
    this.#slot(index).collector?.child.kill(signal)
  }

  #fill(slot: Slot, collector: Collector | undefined): void {
    slot.collector = collector ?? null
    if (collector !== undefined) slot.port = Number(new URL(collector.origin).port)
    void collector?.ended().then((code) => {
      if (slot.collector !== collector) return
      slot.collector = null
      this.#crashes.push(`a collector ended with ${code}: ${collector.text().slice(-LAST_WORDS)}`)
    })
  }

  #slot(index: number): Slot {
    const slot = this.#slots[index]
    if (slot === undefined) throw new Error(`there is no collector ${index}`)
    return slot
  }

  #nextPort(): number | null {
    const open = this.#slots.filter(({ collector, isAvoided }) => collector !== null && !isAvoided)
    const ports = open.map(({ port }) => port)
    this.#turn += 1
    return ports[this.#turn % ports.length] ?? null
  }
}

/** One place for a collector, which is there or not. */
class Slot {
  collector: Collector | null = null
  /** 0 before it was ever started. */
  port = 0
  isAvoided = false
}
