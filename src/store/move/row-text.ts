import type { MovedTable } from './moved-tables.ts'

/** A row as a driver gives it. */
export type Row = Readonly<Record<string, unknown>>

/**
 * Writes a row as one JSON object: what PostgreSQL reads, and what both sides are compared by.
 *
 * @throws when a text holds a NUL, which PostgreSQL keeps in no text
 */
export function rowText({ name, key, set }: MovedTable, columns: readonly string[], row: Row): string {
  const moved: Record<string, unknown> = {}
  for (const column of columns) {
    const value = column in set ? set[column] : row[column]
    if (typeof value === 'string' && value.includes('\0')) {
      const place = JSON.stringify(key.map((part) => row[part]))
      throw new Error(`${name}.${column} of row ${place} holds a NUL, which PostgreSQL keeps in no text`)
    }
    moved[column] = value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value
  }
  return JSON.stringify(moved)
}
