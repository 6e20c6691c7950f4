import type { Gap } from '../../model/gap.ts'
import type { Names } from './names.ts'
import type { NodeReport } from './node-report.ts'
import type { View } from './paint.ts'
import { INDENT } from './table.ts'
import { count, shown, wrap } from './text.ts'

const SHOWN = 3
const CONTAINER_ID = /^[0-9a-f]{64}$/
const LONG_ID = /\b([0-9a-f]{12})[0-9a-f]{52}\b/g

/** Lists what the scan did not see, alike gaps together; nothing when it saw all. */
export function renderGaps({ gaps, node }: Pick<NodeReport, 'gaps' | 'node'>, names: Names, view: View): string[] {
  if (gaps.length === 0) return []
  const groups = Map.groupBy(gaps, ({ source, reason, affects, detail }) =>
    JSON.stringify([source, reason, affects === '*' || affects.map(kindOf), detail]),
  )
  const isShut = node.uid !== 0 && gaps.some(({ reason }) => reason === 'denied')
  return [
    view.paint('medium', `PARTIAL: ${count(gaps.length, 'gap')}. This was not seen:`),
    ...[...groups.values()].flatMap((group) => renderGroup(group, names, view)),
    ...(isShut ? [`${INDENT}Root would see what was denied.`] : []),
  ]
}

function renderGroup(group: readonly Gap[], names: Names, view: View): string[] {
  const [gap] = group
  if (gap === undefined) return []
  const subjects = group.map(({ subject }) => shown(subject).replace(LONG_ID, '$1'))
  const parts = [
    `${shown(gap.source)}: ${listed(subjects)}: ${gap.reason}`,
    cloudedBy(group, names),
    ...(gap.detail === undefined ? [] : [shown(gap.detail)]),
  ]
  const [first = '', ...more] = wrap(parts, view.columns - INDENT.length * 2)
  return [`${INDENT}${first}`, ...more.map((line) => `${INDENT}${INDENT}${line}`)]
}

/** Names what these gaps cloud, in words. */
function cloudedBy(group: readonly Gap[], names: Names): string {
  if (group.some(({ affects }) => affects === '*')) return 'clouds everything'
  const affected = new Set(group.flatMap(({ affects }) => [...affects]))
  if (affected.size === 0) return 'clouds no verdict'
  return `clouds ${listed([...affected].map((each) => (CONTAINER_ID.test(each) ? names(each) : shown(each))))}`
}

/** Containers are alike, kinds and protocols are not. */
function kindOf(affected: string): string {
  return CONTAINER_ID.test(affected) ? 'container' : affected
}

function listed(texts: readonly string[]): string {
  const rest = texts.length - SHOWN
  return rest > 0 ? `${texts.slice(0, SHOWN).join(', ')} and ${rest} more` : texts.join(', ')
}
