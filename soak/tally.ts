import { performance } from 'node:perf_hooks'
import type { JudgeOptions } from '../src/agent/findings.ts'
import type { Report } from '../src/model/finding.ts'
import type { Made } from './churn.ts'
import { SHAPES } from './lives.ts'
import { judge } from './truth.ts'

/** Scans and judges once; given the last report's findings, as the agent's loop does. */
export type Scan = (options: JudgeOptions) => Promise<Report>

/** How many scans it may take, after the last container ended, until nothing is said of any. */
const LAST_SCANS = 20

/** Counts what scans say of the containers that were made, and keeps what is wrong. */
export class Tally {
  readonly faults: string[] = []
  readonly #made: ReadonlyMap<string, Made>
  readonly #root: string
  readonly #seen = new Set<string>()
  readonly #hits = new Map<string, Set<string>>()
  readonly #durations: number[] = []
  #cloudedScans = 0
  #last: Report | null = null

  constructor(made: ReadonlyMap<string, Made>, root: string) {
    this.#made = made
    this.#root = root
  }

  /** Scans once and judges what comes out, if anything does. */
  async scan(scan: Scan): Promise<void> {
    const startedAt = performance.now()
    try {
      this.#count(await scan({ previous: this.#last?.findings ?? [] }))
    } catch (error) {
      this.faults.push(`a scan failed: ${error}`)
    }
    this.#durations.push(performance.now() - startedAt)
  }

  /** Scans until nothing is said of containers that ended; says so where that does not happen. */
  async expectNothingLeft(scan: Scan): Promise<void> {
    for (let scans = 0; scans < LAST_SCANS; scans++) {
      await this.scan(scan)
      if (this.#countLeft() === 0) return
    }
    this.faults.push(`${this.#countLeft()} findings or containers are left of those that ended`)
  }

  /** What was counted, to print. */
  figures(): Record<string, string | number> {
    const shapes = Map.groupBy([...this.#made.values()], ({ shape }) => shape)
    const sorted = this.#durations.toSorted((a, b) => a - b).map(Math.round)
    return {
      'of which': SHAPES.map((shape) => `${shape} ${shapes.get(shape)?.length ?? 0}`).join(', '),
      scans: sorted.length,
      'containers that a scan saw': this.#seen.size,
      'findings, all true': [...this.#hits].map(([rule, { size }]) => `${rule} ${size}`).join(', '),
      'scans with a gap about a container of ours': this.#cloudedScans,
      'milliseconds of a scan with its waits, median and longest': `${sorted[sorted.length >> 1]}, ${sorted.at(-1)}`,
    }
  }

  #count(report: Report): void {
    const { trueFindings, faults } = judge(report, this.#made, this.#root)
    this.faults.push(...faults)
    for (const { id } of report.containers) if (this.#made.has(id)) this.#seen.add(id)
    for (const { rule, id } of trueFindings) this.#hits.set(rule, (this.#hits.get(rule) ?? new Set()).add(id))
    const isOurs = (affected: string) => this.#made.has(affected)
    this.#cloudedScans += report.gaps.some(({ affects }) => affects !== '*' && affects.some(isOurs)) ? 1 : 0
    this.#last = report
  }

  #countLeft(): number {
    const { containers, findings } = this.#last ?? { containers: [], findings: [] }
    const ids = [...containers.map(({ id }) => id), ...findings.map(({ subject }) => subject.containerId ?? '')]
    return ids.filter((id) => this.#made.has(id)).length
  }
}
