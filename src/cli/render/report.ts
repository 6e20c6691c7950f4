import { renderClosing } from './closing.ts'
import { renderFindings } from './findings.ts'
import { renderGaps } from './gaps.ts'
import { renderHeader } from './header.ts'
import { renderMatrix } from './matrix.ts'
import { namesOf } from './names.ts'
import type { NodeReport } from './node-report.ts'
import type { View } from './paint.ts'
import { renderPorts } from './ports.ts'

/**
 * Renders a report for people: what was looked at, what could not be seen, then containers, ports and findings, and
 * last what it comes to, where the eye rests.
 */
export function renderReport(report: NodeReport, ruleIds: readonly string[], view: View): string {
  const names = namesOf(report.containers)
  return layoutBlocks([
    renderHeader(report, view),
    renderGaps(report, names, view),
    renderMatrix(report, names, view),
    renderPorts(report.ports, names, view),
    renderFindings(report.findings, view),
    renderClosing(report, ruleIds, view),
  ])
}

/** Sets blocks of lines one below the other, an empty line between two; empty blocks vanish. */
export function layoutBlocks(blocks: readonly (readonly string[])[]): string {
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => `${block.join('\n')}\n`)
    .join('\n')
}
