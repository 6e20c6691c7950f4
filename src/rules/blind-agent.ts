import type { Hit } from '../model/finding.ts'
import type { Gap } from '../model/gap.ts'
import { MISSION_KINDS } from '../model/namespace.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { Rule } from './rule.ts'

/** How many of the gaps behind one hit are named. */
const NAMED_GAPS_MAX = 8

/**
 * The agent cannot see what its verdicts rest on: no proof of what the host is, a /proc that hides processes, or a
 * runtime that answers nothing. Silence from a blind agent is no good news.
 */
export const blindAgent: Rule = {
  id: 'blind-agent',
  title: 'The agent cannot see enough to judge',
  inputs: [],
  references: [],
  evaluate: (snapshot) => [...baselineHits(snapshot), ...gapHits(snapshot.gaps)],
}

function baselineHits({ baseline, gaps }: Snapshot): Hit[] {
  const missing = MISSION_KINDS.filter((kind) => baseline.node[kind] === undefined)
  if (missing.length === 0) return []
  return [
    {
      subject: { type: 'node' },
      fact: 'baseline',
      severity: missing.length === MISSION_KINDS.length ? 'high' : 'medium',
      summary: `nothing proves the host's ${missing.join(', ')} namespace: verdicts on it are unknown`,
      evidence: { missing, gaps: gaps.filter(({ source }) => source === 'baseline').slice(0, NAMED_GAPS_MAX) },
    },
  ]
}

function gapHits(gaps: readonly Gap[]): Hit[] {
  const bySource = Map.groupBy(
    gaps.filter(({ affects }) => affects === '*'),
    ({ source }) => source,
  )
  return [...bySource].map(([source, own]) => ({
    subject: { type: 'node' },
    fact: `source/${source}`,
    severity: 'medium',
    summary: `${source} could not be read: ${named(own)}`,
    evidence: { gaps: own.slice(0, NAMED_GAPS_MAX) },
  }))
}

function named(gaps: readonly Gap[]): string {
  const first = gaps.slice(0, NAMED_GAPS_MAX).map(({ subject, reason }) => `${subject} (${reason})`)
  const rest = gaps.length - first.length
  return [...first, ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ')
}
