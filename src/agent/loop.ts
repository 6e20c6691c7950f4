import type { Logger } from 'pino'
import { diff, findingsOf, type KeyedState, stateOf } from '../model/changes.ts'
import type { Report } from '../model/finding.ts'
import type { Gap } from '../model/gap.ts'
import type { Look } from '../model/look.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { totalOf } from '../model/total.ts'
import type { Policy } from '../policy/policy.ts'
import type { RuntimeSource } from '../sources/source.ts'
import type { Transport } from '../transport/transport.ts'
import { reportOf } from './findings.ts'
import { Trigger } from './trigger.ts'

export interface LoopDeps {
  readonly scan: (signal: AbortSignal) => Promise<Snapshot>
  /** What is expected on this node. */
  readonly policy: Policy
  readonly runtimes: readonly Pick<RuntimeSource, 'watch'>[]
  readonly transport: Pick<Transport, 'publish' | 'look'>
  /** The state that an agent before this one has told: what differs from it is what changes. */
  readonly told: KeyedState
  /** What keeps the agent itself from its work. */
  readonly ownGaps: () => readonly Gap[]
  /** Told of every look that succeeded, before its changes travel. */
  readonly onReport: (report: Report) => Promise<void>
  /** What the agent itself costs, for the look. */
  readonly readFigures: () => Pick<Look, 'residentBytes' | 'cpuMs'>
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Pick<Logger, 'info' | 'error'>
}

/** "Still so" is said at most this often. */
const LOOK_EVERY_MS = 60_000

/** Events of a runtime come in bursts: between two scans at least this much passes. */
const PAUSE_MS = 300

/** How much of the interval is drawn anew each time, so that a fleet does not look in step. */
const JITTER = 0.2

/**
 * Looks at the node until the signal fires: at every interval, and soon after a runtime tells of a start or an end.
 * What changed travels; a look that fails is logged and changes nothing.
 */
export async function runLoop(deps: LoopDeps, intervalMs: number, signal: AbortSignal): Promise<void> {
  const trigger = new Trigger()
  const watching = deps.runtimes.map((runtime) => watch(runtime, trigger, deps, signal))
  const looks = new Looks(deps)
  while (!signal.aborted) {
    await looks.take(signal)
    await new Trigger().wait(PAUSE_MS, signal)
    await trigger.wait(intervalMs * (1 - JITTER * deps.random()) - PAUSE_MS, signal)
  }
  await Promise.all(watching)
}

/** Without a runtime's events there is still the interval. */
async function watch(
  runtime: LoopDeps['runtimes'][number],
  trigger: Trigger,
  { log }: LoopDeps,
  signal: AbortSignal,
): Promise<void> {
  try {
    await runtime.watch?.(() => trigger.fire(), signal)
  } catch (error) {
    if (!signal.aborted) log.error({ err: error }, 'watching a runtime failed')
  }
}

/** The keyed state as the last look left it. */
class Looks {
  readonly #deps: LoopDeps
  #state: KeyedState
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(deps: LoopDeps) {
    this.#deps = deps
    this.#state = deps.told
  }

  async take(signal: AbortSignal): Promise<void> {
    const { log, scan } = this.#deps
    try {
      await this.#publish(await scan(signal))
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, 'scan failed')
    }
  }

  async #publish(snapshot: Snapshot): Promise<void> {
    const { policy, onReport, transport, ownGaps, log, now } = this.#deps
    const gaps = [...snapshot.gaps, ...ownGaps()]
    const report = reportOf({ ...snapshot, gaps }, { policy, previous: findingsOf(this.#state) })
    await onReport(report)
    const state = stateOf(report)
    const changes = diff(this.#state, state, snapshot.takenAt)
    if (changes.length > 0) transport.publish(changes)
    this.#state = state
    const saidAgo = now() - this.#saidAt
    // A clock that was set back must not keep us silent for as long.
    if (saidAgo >= 0 && saidAgo < LOOK_EVERY_MS) return
    this.#saidAt = now()
    transport.look(this.#lookOf(report))
    log.info(summaryOf(report), 'scan')
  }

  #lookOf({ takenAt, durationMs, containers }: Report): Look {
    const processes = totalOf(containers.map((container) => container.processes.count))
    const threads = totalOf(containers.map((container) => container.processes.threads))
    return { takenAt, durationMs, processes, threads, ...this.#deps.readFigures() }
  }
}

function summaryOf({ durationMs, containers, findings, gaps }: Report): Record<string, number> {
  return { durationMs, containers: containers.length, findings: findings.length, gaps: gaps.length }
}
