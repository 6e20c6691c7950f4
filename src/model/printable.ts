// Controls, format characters (bidi, zero-width), line separators, lone surrogates and whatever else renders as nothing.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu

/**
 * Makes text from a container fit to show: what a terminal would obey, or an eye would miss, becomes a visible escape
 * such as `\x1b` or `\u202e`. A backslash stays a backslash, so the result is for people and cannot be turned back.
 */
export function printable(text: string): string {
  return text.replace(INVISIBLE, escapeCharacter)
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}
