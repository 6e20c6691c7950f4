import { type Finding, SEVERITIES } from '../../model/finding.ts'
import { evidenceParts } from './evidence.ts'
import type { View } from './paint.ts'
import { moment, shown, wrap } from './text.ts'

const BADGE_WIDTH = 10

/** Lists findings with what they are about and their evidence: open ones by severity, accepted ones last. */
export function renderFindings(findings: readonly Finding[], view: View): string[] {
  return inOrder(findings).flatMap((finding) => renderFinding(finding, view))
}

/** Puts open findings before accepted ones, and the most severe first. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const weightOf = ({ status, severity }: Finding) =>
    SEVERITIES.indexOf(severity) + (status === 'open' ? SEVERITIES.length : 0)
  return findings.toSorted((a, b) => weightOf(b) - weightOf(a))
}

function renderFinding(finding: Finding, view: View): string[] {
  const { severity, status, summary } = finding
  const open = status === 'open'
  const badge = view.paint(open ? severity : 'quiet', severity.toUpperCase())
  const room = view.columns - BADGE_WIDTH
  const [first = '', ...more] = wrap([shown(summary)], room)
  const facts = [...wrap(aboutOf(finding), room), ...wrap(evidenceParts(finding.evidence), room)]
  return [
    `${badge}${' '.repeat(BADGE_WIDTH - severity.length)}${view.paint(open ? 'title' : 'quiet', first)}`,
    ...more.map((line) => `${' '.repeat(BADGE_WIDTH)}${view.paint('title', line)}`),
    ...facts.map((line) => `${' '.repeat(BADGE_WIDTH)}${open ? line : view.paint('quiet', line)}`),
  ]
}

function aboutOf({ rule, subject, status, stale, acceptance }: Finding): string[] {
  const { containerId, pod } = subject
  return [
    shown(rule),
    ...(containerId === undefined ? [] : [`container ${shown(containerId.slice(0, 12))}`]),
    ...(pod === undefined ? [] : [`pod ${shown(pod)}`]),
    ...(stale ? ['stale: a gap kept the last look from telling whether it still holds'] : []),
    ...(status === 'accepted' ? ['accepted'] : []),
    ...(acceptance === undefined ? [] : [acceptedBy(acceptance)]),
  ]
}

function acceptedBy({ exception, reason, expiresAt }: NonNullable<Finding['acceptance']>): string {
  return `by ${shown(exception)}: ${shown(reason)}${expiresAt === null ? '' : `, until ${moment(expiresAt)}`}`
}
