import { type Finding, SEVERITIES } from '../../model/finding.ts'
import type { NodeReport } from './node-report.ts'
import type { View } from './paint.ts'
import { count, wrap } from './text.ts'

/** Ends a report with what it comes to. "No finding" says who looked, at how much, and what could be hidden. */
export function renderClosing(report: NodeReport, ruleIds: readonly string[], view: View): string[] {
  const { findings, gaps, containers } = report
  const open = findings.filter(({ status }) => status === 'open')
  const accepted = findings.length - open.length
  const unseen = gaps.length === 0 ? '' : ` The look was partial: ${count(gaps.length, 'gap')} may hide more.`
  const others = accepted === 0 ? '' : ` ${accepted} accepted.`
  if (open.length > 0)
    return paragraph(`${tally(open)}.${others}${unseen}`, view).map((line) => view.paint('title', line))
  const looked =
    containers.length === 0
      ? 'There was no container to look at.'
      : `${count(ruleIds.length, 'rule')} looked at ${count(containers.length, 'container')}: ${ruleIds.join(', ')}.`
  const no = accepted === 0 ? 'No finding' : 'No open finding'
  const [verdict, tone] =
    gaps.length === 0 ? ([`${no}.`, 'good'] as const) : ([`${no} in what could be seen.`, 'medium'] as const)
  return [view.paint(tone, verdict), ...paragraph(`${looked}${others}${unseen}`, view)]
}

/** Counts findings by severity, the worst first: `3 findings: 1 critical, 2 low`. */
function tally(findings: readonly Finding[]): string {
  const bySeverity = SEVERITIES.toReversed().flatMap((severity) => {
    const number = findings.filter((finding) => finding.severity === severity).length
    return number === 0 ? [] : [`${number} ${severity}`]
  })
  return `${count(findings.length, 'finding')}: ${bySeverity.join(', ')}`
}

function paragraph(text: string, { columns }: View): string[] {
  return wrap(text.split(' '), columns, ' ')
}
