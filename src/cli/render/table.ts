import type { Tone, View } from './paint.ts'
import { cut, widthOf } from './text.ts'

export interface Column {
  readonly header: string
  /** The fewest cells it may be cut to; a column without is never cut. */
  readonly min?: number
  /** Left out where there is no room for it. */
  readonly optional?: boolean
}

/** A printable text and what it means. */
export interface Cell {
  readonly text: string
  readonly tone?: Tone
}

/** What every line below a heading starts with. */
export const INDENT = '  '

/** How far columns stand apart, where there is room and where there is not. */
const WIDE_GAP = 2
const NARROW_GAP = 1

/** How wide each column is, 0 for one that is left out, and the room between two. */
interface Layout {
  readonly widths: readonly number[]
  readonly gap: number
}

/** Lays out a table in lines that fit the view as far as its columns give way: optional ones go, long ones are cut. */
export function layoutTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], view: View): string[] {
  const layout = fit(columns, naturalWidths(columns, rows), view.columns - INDENT.length)
  const headers = columns.map(({ header }) => ({ text: header, tone: 'quiet' }) as const)
  return [headers, ...rows].map((cells) => layoutLine(layout, cells, view))
}

function naturalWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  const widths = columns.map(({ header }) => widthOf(header))
  for (const row of rows) {
    for (const [index, { text }] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(text))
  }
  return widths
}

/** Takes room away until all fits: first columns that can be missed, then the gaps, then the longest columns. */
function fit(columns: readonly Column[], natural: readonly number[], room: number): Layout {
  const widths = [...natural]
  for (const [index, { optional }] of [...columns.entries()].reverse()) {
    if (optional === true && leastTotal(columns, widths, NARROW_GAP) > room) widths[index] = 0
  }
  const gap = leastTotal(columns, widths, WIDE_GAP) > room ? NARROW_GAP : WIDE_GAP
  while (totalOf(widths, gap) > room) {
    const index = longestThatGives(columns, widths)
    if (index === -1) break
    widths[index] = (widths[index] ?? 0) - 1
  }
  return { widths, gap }
}

/** How wide the table is once every column that can be cut is cut. */
function leastTotal(columns: readonly Column[], widths: readonly number[], gap: number): number {
  return totalOf(
    widths.map((width, index) => Math.min(width, columns[index]?.min ?? width)),
    gap,
  )
}

function totalOf(widths: readonly number[], gap: number): number {
  let total = -gap
  for (const width of widths) total += width === 0 ? 0 : width + gap
  return total
}

function longestThatGives(columns: readonly Column[], widths: readonly number[]): number {
  let longest = -1
  for (const [index, { min }] of columns.entries()) {
    const width = widths[index] ?? 0
    if (min !== undefined && width > min && width > (widths[longest] ?? 0)) longest = index
  }
  return longest
}

function layoutLine({ widths, gap }: Layout, cells: readonly Cell[], view: View): string {
  let line = INDENT
  let owed = 0
  for (const [index, width] of widths.entries()) {
    const { text, tone } = cells[index] ?? { text: '' }
    if (width === 0) continue
    const fitted = cut(text, width)
    if (fitted !== '') {
      line += `${' '.repeat(owed)}${tone === undefined ? fitted : view.paint(tone, fitted)}`
      owed = 0
    }
    owed += width - widthOf(fitted) + gap
  }
  return line
}
