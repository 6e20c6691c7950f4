import { setTimeout as pause } from 'node:timers/promises'
import { SimulatedAgent } from './agent.ts'
import { type LoadCommand, type LoadResults, latencyOf } from './commands.ts'

/** How many handshakes are under way at once when the fleet first comes: the pace of a rollout. */
const MOST_HANDSHAKES = 100

type Given<Name extends LoadCommand['name']> = Extract<LoadCommand, { name: Name }>

/** All simulated agents of one process. */
export class Fleet {
  readonly #agents: SimulatedAgent[] = []
  readonly #waiting = new Set<{ readonly isMet: () => boolean; readonly resolve: () => void }>()
  #ready = 0
  #lost = 0
  #next = 0

  /** Agents are spread over the collectors, and come to the next one when theirs is gone. */
  async connect({ agents, urls, token }: Given<'connect'>): Promise<LoadResults['connect']> {
    const startedAt = performance.now()
    for (let count = 0; count < agents; count += 1) {
      const first = this.#agents.length % urls.length
      const target = { urls: [...urls.slice(first), ...urls.slice(0, first)], token }
      const agent = new SimulatedAgent(`node-${this.#agents.length}`, target, (isReady) => this.#note(isReady))
      this.#agents.push(agent)
      agent.connect()
      await this.#until(() => this.#ready > this.#agents.length - MOST_HANDSHAKES)
    }
    await this.#until(() => this.#ready === this.#agents.length)
    return { tookMs: performance.now() - startedAt }
  }

  /** So many agents always wait for an acknowledgement; whose turn it is goes round. */
  async flood({ seconds, batch, inFlight }: Given<'flood'>): Promise<LoadResults['flood']> {
    const startedAt = performance.now()
    const until = startedAt + seconds * 1000
    const tookMs: number[] = []
    const one = async () => {
      while (performance.now() < until) tookMs.push(await this.#sendOne(batch))
    }
    await Promise.all(Array.from({ length: Math.min(inFlight, this.#agents.length) }, one))
    return { events: tookMs.length * batch, tookMs: performance.now() - startedAt, ack: latencyOf(tookMs) }
  }

  /** Sends at a steady rate, whether or not what went before is acknowledged. */
  async pace({ seconds, batch, perSecond }: Given<'pace'>): Promise<LoadResults['pace']> {
    const startedAt = performance.now()
    const batches = Math.round((seconds * perSecond) / batch)
    const acks: Promise<number>[] = []
    while (acks.length < batches) {
      const due = ((performance.now() - startedAt) / 1000) * (perSecond / batch)
      while (acks.length < Math.min(due, batches)) acks.push(this.#sendOne(batch))
      await pause(1)
    }
    const tookMs = await Promise.all(acks)
    return { events: batches * batch, tookMs: performance.now() - startedAt, ack: latencyOf(tookMs) }
  }

  /** Waits until so many connections are lost, and then until all are back. */
  async returnAll({ lost }: Given<'return'>): Promise<LoadResults['return']> {
    const snapshots = this.#snapshots()
    const before = this.#lost
    await this.#until(() => this.#lost > before)
    const startedAt = performance.now()
    await this.#until(() => this.#lost >= before + lost && this.#ready === this.#agents.length)
    return { tookMs: performance.now() - startedAt, snapshots: this.#snapshots() - snapshots }
  }

  /** Waits until all that was sent is acknowledged. */
  async finish(): Promise<LoadResults['ledger']> {
    while (this.#agents.some(({ ackedSeq, lastSeq }) => ackedSeq !== lastSeq)) await pause(20)
    return Object.fromEntries(this.#agents.map(({ name, ackedSeq }) => [name, ackedSeq]))
  }

  async #sendOne(batch: number): Promise<number> {
    const agent = this.#takeIdle()
    const sentAt = performance.now()
    await agent.send(batch)
    return performance.now() - sentAt
  }

  #takeIdle(): SimulatedAgent {
    for (let tries = 0; tries < this.#agents.length; tries += 1) {
      this.#next = (this.#next + 1) % this.#agents.length
      const agent = this.#agents[this.#next]
      if (agent?.ackedSeq === agent?.lastSeq && agent !== undefined) return agent
    }
    throw new Error('every agent waits for an acknowledgement: this is more than the collector can take')
  }

  #snapshots(): number {
    let snapshots = 0
    for (const agent of this.#agents) snapshots += agent.snapshots
    return snapshots
  }

  #note(isReady: boolean): void {
    this.#ready += isReady ? 1 : -1
    this.#lost += isReady ? 0 : 1
    for (const waiter of this.#waiting) {
      if (!waiter.isMet()) continue
      this.#waiting.delete(waiter)
      waiter.resolve()
    }
  }

  #until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.add({ isMet, resolve }))
  }
}
