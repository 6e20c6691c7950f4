import type { Gap } from '../../model/gap.ts'
import type { View } from './paint.ts'
import { INDENT } from './table.ts'
import { count, shown, wrap } from './text.ts'

const SUBJECTS_SHOWN = 3
const ID_SHOWN = 12

/** Lists what the scan did not see, alike gaps together; nothing when it saw all. */
export function renderGaps(gaps: readonly Gap[], view: View): string[] {
  if (gaps.length === 0) return []
  const groups = Map.groupBy(gaps, ({ source, reason, affects, detail }) =>
    JSON.stringify([source, reason, affects, detail]),
  )
  return [
    view.paint('medium', `PARTIAL: ${count(gaps.length, 'gap')}. This was not seen:`),
    ...[...groups.values()].flatMap((group) => renderGroup(group, view)),
  ]
}

/** Names what a gap clouds, in words. */
export function cloudedBy({ affects }: Gap): string {
  if (affects === '*') return 'clouds everything'
  if (affects.length === 0) return 'clouds no verdict'
  return `clouds ${affects.map((each) => shown(each).slice(0, ID_SHOWN)).join(', ')}`
}

function renderGroup(group: readonly Gap[], view: View): string[] {
  const [gap] = group
  if (gap === undefined) return []
  const subjects = group.slice(0, SUBJECTS_SHOWN).map(({ subject }) => shown(subject))
  const rest = group.length - subjects.length
  const parts = [
    `${shown(gap.source)}: ${subjects.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}: ${gap.reason}`,
    cloudedBy(gap),
    ...(gap.detail === undefined ? [] : [shown(gap.detail)]),
  ]
  const [first = '', ...more] = wrap(parts, view.columns - INDENT.length * 2)
  return [`${INDENT}${first}`, ...more.map((line) => `${INDENT}${INDENT}${line}`)]
}
