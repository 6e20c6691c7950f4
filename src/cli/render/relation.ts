import type { Declared, Observed, Sharing } from '../../model/container.ts'
import type { NamespaceKind } from '../../model/namespace.ts'
import type { Names } from './names.ts'
import type { Tone } from './paint.ts'
import type { Cell } from './table.ts'
import { shown } from './text.ts'

/** The kinds that a runtime usually leaves to the host: sharing them is not worth a second look. */
const USUALLY_SHARED: readonly NamespaceKind[] = ['user', 'cgroup', 'time', 'uts']

/** What a verdict adds to what was observed. */
const MARKS = { 'undeclared-sharing': '!', 'ineffective-declaration': '~', unknown: '?' } as const

/** Says in one word where a namespace is. */
export function relationWord(observed: Observed | Declared, names: Names): string {
  if (observed.startsWith('container:')) return `→${names(observed.slice('container:'.length))}`
  if (observed === 'host' || observed === 'kernel') return observed.toUpperCase()
  if (observed === 'not-applicable') return 'n/a'
  if (observed === 'unknown') return '?'
  return observed === 'sandbox' ? 'pod' : shown(observed)
}

/** Makes the cell of one container and kind: where it is, and a mark where that is not what was declared. */
export function sharingCell(kind: NamespaceKind, sharing: Sharing, names: Names): Cell {
  const word = relationWord(sharing.observed, names)
  return { text: `${word}${markOf(sharing)}`, tone: toneOf(kind, sharing) }
}

/** Explains the words and marks that the cells of these hold. */
export function legendOf(sharings: readonly Sharing[]): string[] {
  const signs = new Set(sharings.flatMap((sharing) => [signOf(sharing.observed), markOf(sharing)]))
  const entries = [
    ['host', "HOST the host's"],
    ['kernel', "KERNEL the kernel's, outside this node"],
    ['sandbox', "pod its pod's"],
    ['container', "→x container x's"],
    ['mixed', 'mixed not all its tasks in one (--container NAME tells)'],
    ['!', '! not declared'],
    ['~', '~ declared otherwise, without effect'],
    ['?', '? after a word: what was declared is not known'],
    ['unknown', '? alone: could not be seen'],
  ] as const
  return entries.flatMap(([sign, words]) => (signs.has(sign) ? [words] : []))
}

function signOf(observed: Observed): string {
  return observed.startsWith('container:') ? 'container' : observed
}

function markOf({ verdict, observed }: Sharing): string {
  if (verdict === 'as-declared' || verdict === 'not-applicable' || observed === 'unknown') return ''
  return MARKS[verdict]
}

function toneOf(kind: NamespaceKind, { verdict, observed }: Sharing): Tone {
  if (verdict === 'undeclared-sharing') return 'bad'
  if (verdict === 'ineffective-declaration') return 'low'
  if (observed === 'unknown') return 'doubt'
  if (observed === 'host' && !USUALLY_SHARED.includes(kind)) return 'medium'
  return verdict === 'unknown' ? 'doubt' : 'quiet'
}
