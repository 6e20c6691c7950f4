import type { FindingView } from '../../model/view.ts'
import type { Changed } from '../../store/store.ts'
import type { Paint, View } from '../render/paint.ts'
import { renderReport } from '../render/report.ts'
import { moment, shown } from '../render/text.ts'
import type { KeptReport } from './kept-report.ts'

export interface NarratorDeps {
  /** Reads what is kept of a node's last look; null before the first. */
  readonly readReport: (node: string) => Promise<KeptReport | null>
  readonly ruleIds: readonly string[]
  readonly view: View
  /** Takes the whole of the first look, and then a line for each finding that opens or is resolved. */
  readonly tell: (text: string) => void
  readonly onError: (error: unknown) => void
}

/** Tells a person what the collector learns: everything of the first look, and from then on what changes. */
export class Narrator {
  readonly #deps: NarratorDeps
  /** Which findings are known to be open, and since when; null before the first look. */
  #open: Map<string, number> | null = null
  #told: Promise<void> = Promise.resolve()

  constructor(deps: NarratorDeps) {
    this.#deps = deps
  }

  /** Hears of a commit; commits are told in their order. */
  hear(changed: Changed): void {
    this.#told = this.#told.then(() => this.#tell(changed)).catch(this.#deps.onError)
  }

  async #tell({ node, findings }: Changed): Promise<void> {
    if (this.#open === null) {
      await this.#tellFirstLook(node)
      return
    }
    for (const finding of findings) this.#tellFinding(finding, this.#open)
  }

  async #tellFirstLook(node: string): Promise<void> {
    const { readReport, ruleIds, view, tell } = this.#deps
    const report = await readReport(node)
    if (report === null) return
    const open = report.findings.filter(({ status }) => status === 'open')
    this.#open = new Map(open.map(({ id, openedAt }) => [id, openedAt]))
    tell(`\n${renderReport(report, ruleIds, view)}`)
  }

  #tellFinding(finding: FindingView, open: Map<string, number>): void {
    const { id, openedAt, status } = finding
    const isOpen = status === 'open'
    const wasOpen = open.get(id) === openedAt
    if (isOpen) open.set(id, openedAt)
    else open.delete(id)
    if (isOpen !== wasOpen) this.#deps.tell(lineOf(finding, this.#deps.view.paint))
  }
}

const RESOLUTIONS = { fixed: 'no longer so', gone: 'its subject is gone', resync: 'while nobody looked' } as const

/** Tells of one finding in one line: when, what became of it, how bad it is, and of whom. */
function lineOf(finding: FindingView, paint: Paint): string {
  const { summary, rule, subject } = finding
  const { at, news, end } = newsOf(finding, paint)
  const pod = subject.pod === undefined ? '' : ` in pod ${shown(subject.pod)}`
  return `${moment(at)}  ${news}  ${shown(summary)}${pod} (${shown(rule)})${end}`
}

function newsOf(
  { status, severity, openedAt, lastSeenAt, resolvedAt, resolution, acceptance }: FindingView,
  paint: Paint,
) {
  if (status === 'open') return { at: openedAt, news: paint(severity, `opened ${severity}`), end: '' }
  if (status === 'accepted') {
    const end = acceptance === undefined ? '' : `: ${shown(acceptance.reason)}`
    return { at: lastSeenAt, news: `${paint('good', 'accepted')} ${severity}`, end }
  }
  const end = resolution === null ? '' : `: ${RESOLUTIONS[resolution]}`
  return { at: resolvedAt ?? lastSeenAt, news: `${paint('good', 'resolved')} ${severity}`, end }
}
