import type { ProbeAnswer } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { type ProbeMode, type Prober, type ProbeTarget, targetKey } from '../probe/probe.ts'
import type { RuntimeSource } from '../sources/source.ts'
import { distinctTargets, withAnswers } from './probe-answers.ts'
import { targetsOf } from './probe-targets.ts'
import { Trigger } from './trigger.ts'

export interface ProbeWatchDeps {
  readonly prober: Prober
  readonly mode: ProbeMode
  /** Unix milliseconds. */
  readonly now: () => number
}

/** How often each port is asked again. */
const REFRESH_MS = 60_000
/** What was answered longer ago says nothing of now. */
const KEPT_MS = 3 * REFRESH_MS
/** So many are asked before anybody is told: of a first look at many ports not all answers are waited for. */
const BATCH = 256
/** Between two batches, also where a clock that jumps makes everything due. */
const PAUSE_MS = 1000

/**
 * Asks the ports of the last snapshot beside the scans, again and again: a scan never waits for an answer, it takes
 * those that there are.
 */
export class ProbeWatch implements Pick<RuntimeSource, 'watch'> {
  readonly #deps: ProbeWatchDeps
  readonly #changed = new Trigger()
  #targets: readonly ProbeTarget[] = []
  #answers = new Map<string, ProbeAnswer>()

  constructor(deps: ProbeWatchDeps) {
    this.#deps = deps
  }

  /** Gives the snapshot with the answers that its ports gave lately, and takes its ports for those to ask. */
  join(snapshot: Snapshot): Snapshot {
    const targets = targetsOf(snapshot)
    this.#targets = distinctTargets(targets)
    const keys = new Set(this.#targets.map(targetKey))
    this.#answers = new Map(
      [...this.#answers].filter(([key, answer]) => keys.has(key) && this.#ageOf(answer) < KEPT_MS),
    )
    if (this.#due().length > 0) this.#changed.fire()
    return withAnswers(snapshot, targets, this.#answers)
  }

  /** Asks what is due until the signal fires, and calls back when ports answered otherwise than before. */
  async watch(onChange: (cause: string) => void, signal: AbortSignal): Promise<void> {
    const { prober, mode } = this.#deps
    while (!signal.aborted) {
      const due = this.#due().slice(0, BATCH)
      if (due.length === 0) {
        await this.#changed.wait(REFRESH_MS, signal)
        continue
      }
      const answers = await prober.probe(due, mode, signal)
      if (signal.aborted) return
      if (answers.filter((answer) => this.#keep(answer)).length > 0) onChange('ports answer otherwise')
      await new Trigger().wait(PAUSE_MS, signal)
    }
  }

  /** Keeps an answer, and tells whether it is another one than before. */
  #keep(answer: ProbeAnswer): boolean {
    const key = targetKey(answer)
    const before = this.#answers.get(key)
    this.#answers.set(key, answer)
    return before === undefined || steady(before) !== steady(answer)
  }

  #due(): ProbeTarget[] {
    return this.#targets.filter((target) => {
      const answer = this.#answers.get(targetKey(target))
      return answer === undefined || this.#ageOf(answer) >= REFRESH_MS
    })
  }

  /** A clock that was set back makes an answer of the future: it counts as too old. */
  #ageOf({ at }: ProbeAnswer): number {
    const age = this.#deps.now() - at
    return age < 0 ? Number.POSITIVE_INFINITY : age
  }
}

function steady({ at: _at, latencyMs: _latencyMs, ...answer }: ProbeAnswer): string {
  return JSON.stringify(answer)
}
