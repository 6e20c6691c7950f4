import type { Page } from '../../model/view.ts'
import { CursorError, type PageRequest } from '../store.ts'
import type { Read } from './scan.ts'

/** Columns never hold NUL, so it can stand between them. */
const SEPARATOR = '\0'
const BASE64URL = /^[\w-]*$/
const INTEGER = /^-?\d{1,15}$/

/** What a list gives where nothing can match. */
export const EMPTY_PAGE: Page<never> = { items: [], nextCursor: null }

/** Writes where a page ended: the ordering columns of its last row. */
function encodeCursor(columns: readonly (string | number)[]): string {
  return Buffer.from(columns.join(SEPARATOR)).toString('base64url')
}

/**
 * Reads where the page before ended: so many columns, of which the first ones are integers; null without a cursor.
 *
 * @throws CursorError when the list never gave this cursor
 */
export function decodeCursor(
  { cursor }: PageRequest,
  { columns, integers }: { readonly columns: number; readonly integers: number },
): readonly string[] | null {
  if (cursor === undefined) return null
  const fields = BASE64URL.test(cursor) ? Buffer.from(cursor, 'base64url').toString('utf8').split(SEPARATOR) : []
  const isOurs = fields.length === columns && fields.slice(0, integers).every((field) => INTEGER.test(field))
  if (!isOurs) throw new CursorError('the cursor is not one that this list gave')
  return fields
}

/** How many rows to ask for: one more than fits tells that there is another page. */
export function rowsFor({ limit }: PageRequest): number {
  return Math.min(Math.max(limit, 1), 1000) + 1
}

/** Cuts the rows to the page and says where the next one begins: after its last row, or where the reading ended. */
export function toPage<Row extends Place, Place, View>(
  { rows, end }: Read<Row, Place>,
  request: PageRequest,
  view: (row: Row) => View,
  cursorOf: (place: Place) => readonly (string | number)[],
): Page<View> {
  const size = rowsFor(request) - 1
  const shown = rows.slice(0, size)
  const next = rows.length > size ? shown.at(-1) : end
  return { items: shown.map(view), nextCursor: next === undefined ? null : encodeCursor(cursorOf(next)) }
}
