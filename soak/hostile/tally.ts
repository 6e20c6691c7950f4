import type { Ending } from './lane.ts'
import type { Visit } from './visit.ts'

/** Ends that name nothing: good only where a frame was torn, or the other end may be waited for in vain. */
const UNNAMED = 'cut'

/** Counts visits by what was tried and by how the collector ended them, and keeps what is wrong. */
export class HostileTally {
  readonly faults: string[] = []
  readonly #tried = new Map<string, number>()
  readonly #ended = new Map<string, number>()
  frames = 0
  #visits = 0
  #acks = 0

  note({ kind, acks, frames, isTorn }: Visit, ending: Ending): void {
    this.frames += frames
    this.#visits += 1
    this.#acks += ending.acks
    count(this.#tried, kind)
    count(this.#ended, ending.name)
    if (ending.name === 'TIMEOUT') this.faults.push(`${kind}: no end in 20 s`)
    if (ending.name === UNNAMED && !isTorn) this.faults.push(`${kind}: ended without a name`)
    if (ending.acks < acks)
      this.faults.push(`${kind}: ${acks} acks were due, ${ending.acks} came; it ended as ${ending.name}`)
  }

  /** What was counted, to print. */
  figures(seconds: number, latencies: readonly number[]): Record<string, string | number> {
    const sorted = latencies.toSorted((a, b) => a - b).map(Math.round)
    const at = (share: number) => sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)]
    return {
      'hostile frames and handshakes': this.frames,
      connections: this.#visits,
      'batches acknowledged, what was in them in quarantine or not': this.#acks,
      minutes: (seconds / 60).toFixed(1),
      'last frame of each connection': listed(this.#tried),
      'how the collector ended them': listed(this.#ended),
      'changes of the innocent agent': latencies.length,
      'milliseconds until one was stored: median, p99, longest': `${at(0.5)}, ${at(0.99)}, ${sorted.at(-1)}`,
    }
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function listed(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted(([, left], [, right]) => right - left)
  return sorted.map(([name, total]) => `${name} ${total}`).join(', ')
}
