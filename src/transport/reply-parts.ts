/** In UTF-16 code units: written as JSON in JSON, none of them takes more than four bytes. */
const LONGEST_PART = 128 * 1024

/** Cuts the text of a result into parts that each fit into a frame; no character is cut in two. */
export function cutText(text: string): string[] {
  const parts: string[] = []
  for (let from = 0; from < text.length; ) {
    const end = endOf(text, from + LONGEST_PART)
    parts.push(text.slice(from, end))
    from = end
  }
  return parts
}

function endOf(text: string, wanted: number): number {
  const last = text.charCodeAt(wanted - 1)
  const isHighSurrogate = last >= 0xd8_00 && last <= 0xdb_ff
  return isHighSurrogate ? wanted - 1 : wanted
}
