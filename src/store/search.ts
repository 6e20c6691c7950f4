import type { NamespaceKind } from '../model/namespace.ts'

/** Makes one text of several fit to be searched for, and to be a column: databases differ on NUL. */
export function searchable(...texts: readonly (string | null | undefined)[]): string {
  const present = texts.filter((text) => text !== null && text !== undefined)
  return present.join('\n').replaceAll('\0', '').toLowerCase()
}

/** Gives the pattern of `like … escape '\'` that finds a part of a searchable text. */
export function containsPattern(part: string): string {
  return `%${searchable(part).replaceAll(/[\\%_]/g, '\\$&')}%`
}

/** Writes namespace kinds as one text, ` net pid `, in which {@link sharedPattern} finds each. */
export function sharedKinds(kinds: readonly NamespaceKind[]): string {
  return ` ${kinds.join(' ')} `
}

/** Gives the pattern of `like` that finds a kind among others. */
export function sharedPattern(kind: NamespaceKind): string {
  return `% ${kind} %`
}
