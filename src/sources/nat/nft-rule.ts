import type { NatAction, NatMatch, NatRule } from '../../model/nat.ts'
import { field, listOf, onlyField, textOr } from './json.ts'
import { actionOf, dnatOf, unknownAction } from './nft-action.ts'
import { type Alternative, alternativesOf, bare, elementsOf, keyMatches, type NamedSets } from './nft-elements.ts'
import { nftText } from './nft-text.ts'

/** Statements after which the rule goes on, whatever they note. */
const NOTES = new Set(['counter', 'log', 'mangle', 'set', 'map', 'notrack', 'ct helper', 'ct timeout', 'last', 'meter'])

/** Statements that let some packets go on. */
const SOMETIMES = new Set(['limit', 'quota', 'ct count'])

const MAX_TEXT = 512
const MAX_COMMENT = 256
/** A rule that looks up a larger map, or joins larger sets, is not followed. */
const MAX_RULES = 65_536

/** One of the rules that a rule of nft stands for, before it has its text. */
interface Part {
  readonly matches: Alternative
  readonly action: NatAction
  /** The element of a map that it was made of. */
  readonly element?: string
}

/**
 * Turns one rule of nft's JSON into rules that match one thing each: a lookup in a map becomes a rule for each of its
 * elements, in the same place, since no packet meets two.
 */
export function parseNftRule(rule: unknown, sets: NamedSets): NatRule[] {
  const statements = listOf(field(rule, 'expr') ?? [])
  const place = ['family', 'table', 'chain'].map((name) => nftText(field(rule, name))).join(' ')
  const text = ['add rule', place, ...statements.map(nftText).filter((word) => word !== '')].join(' ')
  const comment = field(rule, 'comment')
  return partsOf(statements, sets).map(({ matches, action, element }) => ({
    text: `${text.slice(0, MAX_TEXT)}${element === undefined ? '' : ` { ${element.slice(0, MAX_TEXT)} }`}`,
    ...(typeof comment === 'string' && { comment: comment.slice(0, MAX_COMMENT) }),
    matches,
    action,
  }))
}

function partsOf(statements: readonly unknown[], sets: NamedSets): Part[] {
  let alternatives: readonly Alternative[] = [[]]
  for (const statement of statements) {
    const ends = endsOf(statement, sets)
    const more = ends === null ? conditionsOf(statement, sets) : ends.map(({ matches }) => matches)
    if (alternatives.length * more.length > MAX_RULES)
      return [{ matches: [], action: unknownAction('too many elements') }]
    if (ends !== null)
      return alternatives.flatMap((one) => ends.map((end) => ({ ...end, matches: [...one, ...end.matches] })))
    alternatives = alternatives.flatMap((one) => more.map((matches) => [...one, ...matches]))
  }
  return [{ matches: [], action: { do: 'continue' } }]
}

/** Says for which packets a rule goes on behind a statement. */
function conditionsOf(statement: unknown, sets: NamedSets): readonly Alternative[] {
  const [name, inner] = onlyField(statement) ?? ['', undefined]
  if (name === 'match') return alternativesOf(inner, sets)
  if (NOTES.has(name) || field(inner, 'name') === 'comment') return [[]]
  const text = nftText(statement).slice(0, 200)
  return [[SOMETIMES.has(name) ? { on: 'sometimes', text } : { on: 'unknown', text }]]
}

/** What a statement that ends a rule leads to; null where it ends none. */
function endsOf(statement: unknown, sets: NamedSets): Part[] | null {
  const [name, inner] = onlyField(statement) ?? ['', undefined]
  if (name === 'vmap') return lookup(inner, sets, (verdict) => actionOf(verdict) ?? unknownAction(verdict))
  if (name === 'xt' && field(inner, 'type') === 'target') return [{ matches: [], action: unknownAction(statement) }]
  if (name !== 'dnat') {
    const action = actionOf(statement)
    return action && [{ matches: [], action }]
  }
  const map = field(field(inner, 'addr'), 'map')
  const ends: Part[] =
    map === undefined
      ? [{ matches: [], action: actionOf(statement) ?? unknownAction(statement) }]
      : lookup(map, sets, (destination) => dnatOf(inner, destination) ?? unknownAction(statement))
  return ends.map((end) => ({ ...end, matches: [...familyOf(inner), ...end.matches] }))
}

function familyOf(inner: unknown): NatMatch[] {
  const family = textOr(field(inner, 'family'), '')
  if (family !== 'ip' && family !== 'ip6') return []
  return [{ on: 'family', family: family === 'ip' ? 'ipv4' : 'ipv6', negated: false }]
}

/** Makes a part of every element of a map; a packet that no element matches goes on behind the rule. */
function lookup(map: unknown, sets: NamedSets, actionFor: (value: unknown) => NatAction): Part[] {
  const key = field(map, 'key')
  const entries = elementsOf(field(map, 'data'), sets)
  const unknown: NatMatch = { on: 'unknown', text: nftText({ map }).slice(0, 200) }
  if (entries === null) return [{ matches: [unknown], action: unknownAction({ map }) }]
  const modulus = modulusOf(key)
  let left = modulus ?? 0
  return entries.map((entry) => {
    const [given, value] = listOf(entry)
    const element = `${nftText(given)} : ${nftText(value)}`
    if (modulus === null)
      return { matches: keyMatches(key, bare(given)) ?? [unknown], action: actionFor(value), element }
    const size = sizeOf(bare(given))
    const probability = left > 0 ? Math.min(1, size / left) : 0
    left -= size
    return { matches: [{ on: 'chance', probability }], action: actionFor(value), element }
  })
}

/** Of a key that is a number by chance, or by a hash of who sends, how many there are; null of any other. */
function modulusOf(key: unknown): number | null {
  const [name, inner] = onlyField(key) ?? ['', undefined]
  const modulus = name === 'numgen' || name === 'jhash' || name === 'symhash' ? field(inner, 'mod') : undefined
  return typeof modulus === 'number' ? modulus : null
}

function sizeOf(value: unknown): number {
  const [first, last = first] = listOf(field(value, 'range') ?? value)
  return typeof first === 'number' && typeof last === 'number' ? last - first + 1 : 0
}
