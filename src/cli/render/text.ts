import stringWidth from 'string-width'
import { printable } from '../../model/printable.ts'

const CUT = '…'
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Gives how many terminal cells a printable text takes: wide characters two, combining ones none. */
export function widthOf(text: string): number {
  return stringWidth(text)
}

/** Cuts a printable text to at most so many cells, the last of which says that it was cut. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  const [kept = ''] = pieces(text, width - widthOf(CUT))
  return `${kept}${CUT}`
}

/**
 * Lays out parts in lines of at most so many cells, a separator between two of one line; a part that is longer than
 * a line is broken between words, a word that is longer wherever it must.
 */
export function wrap(parts: readonly string[], width: number, separator = ' · '): string[] {
  return fill(
    parts.flatMap((part) =>
      fill(
        part.split(' ').flatMap((word) => pieces(word, width)),
        width,
        ' ',
      ),
    ),
    width,
    separator,
  )
}

function fill(parts: readonly string[], width: number, separator: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const part of parts) {
    const longer = line === '' ? part : `${line}${separator}${part}`
    if (line === '' || widthOf(longer) <= width) {
      line = longer
    } else {
      lines.push(line)
      line = part
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** Shows any value that came out of a container or a runtime as one printable line. */
export function shown(value: unknown): string {
  return printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined'))
}

/** Counts in words: `1 gap`, `2 gaps`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`
}

/** A moment in UTC, to the second: what two people in two places read the same. */
export function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/** Breaks a printable text into pieces of at most so many cells, never inside a character. */
function pieces(text: string, width: number): string[] {
  if (widthOf(text) <= width) return [text]
  const done: string[] = []
  let piece = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    const wide = widthOf(segment)
    if (piece !== '' && used + wide > width) {
      done.push(piece)
      piece = ''
      used = 0
    }
    piece += segment
    used += wide
  }
  return [...done, piece]
}
