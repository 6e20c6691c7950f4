/** Gives a field of foreign JSON; undefined where it is no object, or has none of its own. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

/** Gives the elements of a list, and of anything else itself as the only one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

/** Gives the only field of an object with its name, as nft(8) writes expressions and statements. */
export function onlyField(value: unknown): readonly [string, unknown] | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const [entry, other] = Object.entries(value)
  return entry === undefined || other !== undefined ? null : entry
}

export function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}
