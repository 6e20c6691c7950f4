/** The longest pattern, which no image reference or path in use comes near. */
export const GLOB_MAX_CHARACTERS = 512

/**
 * Tells whether a text matches a pattern in which `*` stands for any characters, also none and also `/`. Every other
 * character is itself. Time is at most the product of both lengths, whatever the pattern: nothing here backtracks.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === pattern
  const end = text.length - last.length
  if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}

/** Tells whether a text can stand in a policy and means itself alone. */
export function isExact(text: string): boolean {
  return text.length <= GLOB_MAX_CHARACTERS && PRINTABLE.test(text) && !text.includes('*')
}

/** What a policy can say: one line of one character or more. */
export const PRINTABLE = /^[^\p{Cc}]+$/u
