import type { Random } from '../../test/helpers/random.ts'

const STRINGS = [
  '',
  '\u0000',
  '\ud800',
  '\udfff\ud800',
  '\u202e evil',
  '\u200b\ufeff',
  '\u001b[2J\u001b]0;x\u0007',
  '<script>alert(1)</script>',
  "'; drop table nodes; --",
  '𝕏'.repeat(300),
  'x'.repeat(10_000),
  '__proto__',
  'constructor',
  '../../etc/passwd',
] as const

const NUMBERS = [0, -0, -1, 0.5, 1e308, -1e308, 2 ** 53, 2 ** 53 + 2, 2 ** 31, 1e-320] as const

/** Names that would do harm to a program that merges what it reads into its own objects. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'type',
  'value',
  'id',
  '',
] as const

export function pick<Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[random.below(items.length)] ?? items[0]
}

/** Gives the text of any JSON value: odd strings and numbers, names of prototypes, names twice, nesting. */
export function hostileJson(random: Random, depth = 0): string {
  const kind = random.below(depth > 4 ? 4 : 7)
  if (kind === 0) return pick(random, ['null', 'true', 'false', '1e999', '-0', '[]', '{}'])
  if (kind === 1) return JSON.stringify(pick(random, NUMBERS))
  if (kind < 4) return JSON.stringify(pick(random, STRINGS))
  if (kind === 4) return `[${Array.from({ length: random.below(4) }, () => hostileJson(random, depth + 1)).join()}]`
  if (kind === 5) return nest(hostileJson(random, depth + 1), random.below(60))
  const pairs = Array.from({ length: random.below(5) }, () => {
    return `${JSON.stringify(pick(random, NAMES))}:${hostileJson(random, depth + 1)}`
  })
  return `{${pairs.join()}}`
}

export function nest(json: string, depth: number): string {
  return `${'['.repeat(depth)}${json}${']'.repeat(depth)}`
}

/** Puts something else in the place of a value somewhere in a JSON text. */
export function mutate(random: Random, json: string): string {
  const values = [...json.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+|true|false|null/g)]
  const found = values[random.below(values.length)]
  if (found === undefined) return hostileJson(random)
  const rest = json.slice(found.index + found[0].length)
  // A name stays a string, so that what comes out is JSON.
  const value = rest.startsWith(':') ? JSON.stringify(pick(random, NAMES)) : hostileJson(random)
  return `${json.slice(0, found.index)}${value}${rest}`
}
