import { copyRow } from '../postgres-text.ts'
import type { MovedTable } from './moved-tables.ts'

/** A row as a driver gives it. */
export type Row = Readonly<Record<string, unknown>>

/** Some rows as COPY's text has them: what PostgreSQL reads, and what both sides are compared by. */
export interface RowsText {
  readonly rows: number
  readonly text: string
}

/**
 * Writes a row as it is after the move.
 *
 * @throws when a text holds a NUL, which PostgreSQL keeps in no text
 */
export function lineOf({ name, key, set }: MovedTable, columns: readonly string[], row: Row): string {
  const moved: Record<string, unknown> = {}
  for (const column of columns) {
    const value = column in set ? set[column] : row[column]
    if (typeof value === 'string' && value.includes('\0')) {
      const place = JSON.stringify(key.map((part) => row[part]))
      throw new Error(`${name}.${column} of row ${place} holds a NUL, which PostgreSQL keeps in no text`)
    }
    moved[column] = value
  }
  return copyRow(moved, columns)
}
