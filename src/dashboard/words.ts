import type { Declared, Observed, Sharing, Verdict } from '../model/container.ts'
import type { Gap } from '../model/gap.ts'
import type { Mechanism } from '../model/port.ts'
import { printable } from '../model/printable.ts'

/** Gives the name of a container by its id, where it is known. */
export type NameOf = (id: string) => string | undefined

const SHORT_ID = 12
const FEW_GAPS = 2
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const

/** How a matrix shows where a container's namespace was found; `HOST` and `KERNEL` are meant to be seen. */
export function observedWord(observed: Observed, nameOf: NameOf): string {
  if (observed === 'host' || observed === 'kernel') return observed.toUpperCase()
  if (observed === 'sandbox') return 'pod'
  if (observed === 'unknown') return '?'
  if (observed === 'not-applicable') return 'n-a'
  return referenceWord(observed, nameOf)
}

/** How a declaration is shown, with the name of the container it names. */
export function declaredWord(declared: Declared, nameOf: NameOf): string {
  return declared === 'unknown' ? '?' : referenceWord(declared, nameOf)
}

/** One sentence on one kind, for who points at it: declared beside observed, and the proof. */
export function sharingSentence(kind: string, sharing: Sharing, nameOf: NameOf): string {
  const declared = declaredWord(sharing.declared, nameOf)
  const by = sharing.declaredBy === null ? 'nobody' : printable(sharing.declaredBy)
  const observed = observedWord(sharing.observed, nameOf)
  const inodes = `inode ${sharing.inode ?? '?'}, host's inode ${sharing.hostInode ?? '?'}`
  return `${kind}: declared ${declared} (by ${by}), observed ${observed}; ${inodes}; verdict ${sharing.verdict}`
}

/** How much a verdict is to be seen: `bad` and `unclear` ones stand out. */
export function verdictTone(verdict: Verdict): 'good' | 'bad' | 'unclear' | 'none' {
  if (verdict === 'as-declared') return 'good'
  if (verdict === 'unknown') return 'unclear'
  return verdict === 'not-applicable' ? 'none' : 'bad'
}

/** How a port's mechanism is shown; what nobody could look at is never called nothing. */
export function mechanismWord(mechanism: Mechanism): string {
  if (mechanism === 'unknown') return '? (could not look)'
  return mechanism === 'none' ? 'declared, but nothing is there' : mechanism
}

/** A container's name where it is known, else the beginning of its id. */
function containerWord(id: string, nameOf: NameOf): string {
  return printable(nameOf(id) ?? id.slice(0, SHORT_ID))
}

/** The first gaps in one line: what could not be read, why, and what that clouds. */
export function gapsText(gaps: readonly Gap[]): string {
  const texts = gaps.slice(0, FEW_GAPS).map(gapText)
  return printable(gaps.length > FEW_GAPS ? `${texts.join('; ')}; …` : texts.join('; '))
}

/** What a gap clouds, in words; some cost no verdict. */
export function affectsText(affects: Gap['affects']): string {
  if (affects === '*') return 'everything'
  return affects.length === 0 ? 'no verdict' : affects.join(', ')
}

/** Says how long ago something was, in its largest unit. */
export function agoText(elapsedMs: number): string {
  for (const [unit, length] of UNITS) {
    if (elapsedMs >= length) return `${Math.floor(elapsedMs / length)} ${unit} ago`
  }
  return 'just now'
}

function referenceWord(reference: string, nameOf: NameOf): string {
  const id = /^container:(?<id>.+)$/s.exec(reference)?.groups?.['id']
  return id === undefined ? printable(reference) : `container:${containerWord(id, nameOf)}`
}

function gapText({ source, subject, reason, affects }: Gap): string {
  return `${source}: ${subject} ${reason}, clouds ${affectsText(affects)}`
}
