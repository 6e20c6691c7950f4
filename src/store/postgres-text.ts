import { isRecord } from './statements.ts'

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const ESCAPED = /[\\\n\r\t]/
const ALL_ESCAPED = /[\\\n\r\t]/g
/** JSON.stringify() writes half of a surrogate pair so, which PostgreSQL refuses. */
const HALF_A_PAIR = '\\ud'

/** Writes a row of numbers, texts, bytes and nulls as COPY's text format has it. */
export function copyRow(row: object, columns: readonly string[]): string {
  let line = ''
  let before = ''
  for (const value of valuesOf(row, columns)) {
    line += before + fieldOf(value)
    before = '\t'
  }
  return `${line}\n`
}

function fieldOf(value: unknown): string {
  if (value === null || value === undefined) return '\\N'
  if (value instanceof Uint8Array) return `\\\\x${Buffer.from(value).toString('hex')}`
  const text = String(value)
  return ESCAPED.test(text) ? text.replace(ALL_ESCAPED, (found) => ESCAPES[found] ?? found) : text
}

/** Writes rows as JSON that PostgreSQL turns into rows of a table; bytes are hexadecimal digits. */
export function jsonRows(rows: readonly object[], columns: readonly string[]): string {
  const objects = rows.map((row) => objectOf(valuesOf(row, columns), columns))
  const text = JSON.stringify(objects)
  return text.includes(HALF_A_PAIR) ? JSON.stringify(objects, wellFormed) : text
}

function objectOf(values: readonly unknown[], columns: readonly string[]): Readonly<Record<string, unknown>> {
  const object: Record<string, unknown> = {}
  for (const [index, column] of columns.entries()) {
    const value = values[index]
    object[column] = value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value
  }
  return object
}

function wellFormed(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value
}

function valuesOf(row: object, columns: readonly string[]): readonly unknown[] {
  return isRecord(row) ? columns.map((column) => row[column]) : []
}
