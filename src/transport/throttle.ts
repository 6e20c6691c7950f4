import type { AgentFrame } from './protocol.ts'

/** So much each second, and so much at once after a rest. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** What one agent may send. */
export interface Rates {
  readonly frames: Rate
  readonly events: Rate
  readonly bytes: Rate
}

/** What was sent. */
export type Cost = Readonly<Record<keyof Rates, number>>

/** How much of a second's events and bytes passes at once after a rest: with the usual rates a full queue of an agent. */
const EVENTS_BURST_S = 20
const BYTES_BURST_S = 16

/** Gives the rates for so many events and bytes a second; an agent packs its events, so it never comes near the limit of frames. */
export function ratesOf({ events, bytes }: Pick<Cost, 'events' | 'bytes'>): Rates {
  return {
    frames: { perSecond: 50, burst: 1000 },
    events: { perSecond: events, burst: events * EVENTS_BURST_S },
    bytes: { perSecond: bytes, burst: bytes * BYTES_BURST_S },
  }
}

export const USUAL_RATES = ratesOf({ events: 5000, bytes: 4 * 1024 * 1024 })

/** For how long altogether an agent may have to be slowed for its frames, before it is sent away. */
const PATIENCE_MS = 30_000
const BARRED_MS = 60_000
const MOST_THROTTLES = 20_000

/** How much one agent has left, over all its connections. Who sends more is read more slowly, and loses nothing. */
export class Throttle {
  readonly #rates: Rates
  readonly #left: Record<keyof Rates, number>
  #at: number
  #slowedMs = 0
  #barredUntil = 0

  constructor(rates: Rates, now: number) {
    this.#rates = rates
    this.#left = { frames: rates.frames.burst, events: rates.events.burst, bytes: rates.bytes.burst }
    this.#at = now
  }

  /** Takes off what was sent, and gives for how many milliseconds nothing more is to be read. */
  charge(cost: Cost, now: number): number {
    const passedMs = Math.max(now - this.#at, 0)
    this.#at = now
    const framesMs = this.#take('frames', cost.frames, passedMs)
    const { burst } = this.#rates.frames
    this.#slowedMs = this.#left.frames > burst / 2 ? 0 : this.#slowedMs + framesMs
    return Math.max(framesMs, this.#take('events', cost.events, passedMs), this.#take('bytes', cost.bytes, passedMs))
  }

  /** Tells for how many milliseconds an agent is to stay away that would not be slowed: only one that means it gets there. */
  barredMs(now: number): number {
    if (this.#slowedMs > PATIENCE_MS) {
      this.#slowedMs = 0
      this.#barredUntil = now + BARRED_MS
    }
    return Math.max(this.#barredUntil - now, 0)
  }

  #take(what: keyof Rates, amount: number, passedMs: number): number {
    const { perSecond, burst } = this.#rates[what]
    const left = Math.min(this.#left[what] + (passedMs * perSecond) / 1000, burst) - amount
    this.#left[what] = left
    return left < 0 ? Math.ceil((-left * 1000) / perSecond) : 0
  }
}

/** The throttles of the agents that were here last: to connect again brings nobody a fresh one. */
export class Throttles {
  readonly #rates: Rates
  readonly #byAgent = new Map<string, Throttle>()

  constructor(rates: Rates) {
    this.#rates = rates
  }

  of(agentId: string, now: number): Throttle {
    const throttle = this.#byAgent.get(agentId) ?? new Throttle(this.#rates, now)
    // The map's order is that of last use, so the oldest goes first.
    this.#byAgent.delete(agentId)
    this.#byAgent.set(agentId, throttle)
    const [oldest] = this.#byAgent.keys()
    if (this.#byAgent.size > MOST_THROTTLES && oldest !== undefined) this.#byAgent.delete(oldest)
    return throttle
  }
}

/** A hello and a look cost the store as much as a small batch, and are rare; a row of a snapshot as much as an event. */
export function costOf(frame: AgentFrame, bytes: number): Cost {
  const isRare = frame.type === 'hello' || frame.type === 'look'
  return { frames: isRare ? 10 : 1, events: rowsOf(frame), bytes }
}

function rowsOf(frame: AgentFrame): number {
  if (frame.type === 'batch') return frame.events.length
  return frame.type === 'snapshot' ? frame.items.length : 0
}
