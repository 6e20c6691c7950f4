import type { NatMatch } from '../../model/nat.ts'
import { field, listOf } from './json.ts'
import { compareOf } from './nft-field.ts'
import { nftText } from './nft-text.ts'

/** The elements of a table's named sets and maps. */
export type NamedSets = ReadonlyMap<string, readonly unknown[]>

/** One way in which a rule may match: all of these must hold. */
export type Alternative = readonly NatMatch[]

/** Says which packets a comparison holds for: for those of any of the alternatives. */
export function alternativesOf(match: unknown, sets: NamedSets): readonly Alternative[] {
  const left = field(match, 'left')
  const operator = field(match, 'op')
  const unknown: Alternative = [{ on: 'unknown', text: nftText({ match }).slice(0, 200) }]
  const values = elementsOf(field(match, 'right'), sets)
  if (values === null || !(operator === '==' || operator === '!=' || operator === 'in')) return [unknown]
  const concat = field(left, 'concat')
  if (concat !== undefined) {
    return operator === '!=' ? [unknown] : values.map((value) => keyMatches(left, value) ?? unknown)
  }
  return [compareOf(left)?.(values, operator === '!=') ?? unknown]
}

/** Says which packets have a key: one field, or several joined; null where it is not understood. */
export function keyMatches(key: unknown, value: unknown): Alternative | null {
  const fields = field(key, 'concat')
  if (fields === undefined) return compareOf(key)?.([value], false) ?? null
  const parts = listOf(field(value, 'concat'))
  const matches = listOf(fields).map((one, index) => compareOf(one)?.([parts[index]], false) ?? null)
  return matches.includes(null) ? null : matches.flatMap((match) => match ?? [])
}

/** Lists what a comparison or map is made of, by name or in place; null where there is no set of that name. */
export function elementsOf(right: unknown, sets: NamedSets): readonly unknown[] | null {
  const named = typeof right === 'string' && right.startsWith('@') ? sets.get(right.slice(1)) : undefined
  if (typeof right === 'string' && right.startsWith('@')) return named ?? null
  return listOf(field(right, 'set') ?? right).map(bare)
}

/** An element with a counter, a comment or an end wears it around its value. */
export function bare(element: unknown): unknown {
  return field(field(element, 'elem'), 'val') ?? element
}
