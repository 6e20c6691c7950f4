import type { Evidence } from '../../model/finding.ts'
import { capabilitySummary } from './capabilities.ts'
import { isLabel, labelWords } from './security-label.ts'
import { isOrigin, isTask, originParts, taskWords } from './task.ts'
import { shown } from './text.ts'

const LIST_SHOWN = 3
const HEX = /^[0-9a-f]{1,16}$/

/**
 * Turns evidence into short parts, each a fact with its name; whatever it holds comes out printable. What a shared
 * namespace reaches is left out: it is the same for all containers, and long. `--container` tells it.
 */
export function evidenceParts(evidence: Evidence): string[] {
  const { declared, declaredBy, reach: _, ...rest } = evidence
  const declaration = declared === undefined ? [] : [`declared ${shown(declared)}`, ...byWhom(declaredBy)]
  return [declaration.join(' '), ...Object.entries(rest).flatMap(([key, value]) => partsOf(key, value))].filter(
    (part) => part !== '',
  )
}

function byWhom(declaredBy: unknown): string[] {
  return typeof declaredBy === 'string' ? [`by ${shown(declaredBy)}`] : []
}

function partsOf(key: string, value: unknown): string[] {
  const words = wordsOf(key, value)
  if (words !== null) return words
  if (Array.isArray(value)) return [`${labelOf(key)}: ${listed(value)}`]
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, inner]) => partsOf(name, inner))
  }
  return [`${labelOf(key)} ${value === null ? 'unknown' : shown(value)}`]
}

/** What people say otherwise than by its name; null for anything else. */
function wordsOf(key: string, value: unknown): string[] | null {
  if (key === 'effectiveCapabilities' && typeof value === 'string' && HEX.test(value)) return [capabilitySummary(value)]
  if (key === 'lsm' && isLabel(value)) return [labelWords(value)]
  if (key === 'origin' && isOrigin(value)) return originParts(value)
  if (key === 'sightings') return [value === 1 ? 'seen once' : 'seen twice']
  return null
}

function listed(values: readonly unknown[]): string {
  const rest = values.length - LIST_SHOWN
  const first = values.slice(0, LIST_SHOWN).map((value) => summaryOf(value))
  return `${first.join('; ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function summaryOf(value: unknown): string {
  if (isTask(value)) return taskWords(value)
  if (typeof value !== 'object' || value === null) return shown(value)
  return Object.entries(value)
    .flatMap(([key, inner]) => partsOf(key, inner))
    .join(', ')
}

/** `hostInode` reads `host inode`. */
function labelOf(key: string): string {
  return shown(key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))
}
