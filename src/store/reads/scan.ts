import { type Expression, sql } from 'kysely'

/**
 * How many rows one request looks at where no index finds exactly the rows that it asks for. The database serves nobody
 * else meanwhile; what was not looked at is for the next page.
 */
export const MOST_EXAMINED = 5000

/** What was read of a list, in its order. */
export interface Read<Row extends Place, Place> {
  readonly rows: readonly Row[]
  /** Where the reading ended, when it did so before the end of the list. */
  readonly end?: Place | undefined
}

/** Rows of a query that ended by itself. */
export function readWhole<Row>(rows: readonly Row[]): Read<Row, Row> {
  return { rows }
}

/** One way through a list in its order: the rows that an index finds, of which some may not belong to the list. */
export interface Scan<Row extends Place, Place> {
  /** Every row that the index finds belongs to the list. */
  readonly isExact: boolean
  /** Gives the place that many rows on; undefined when there are not so many left. */
  readonly placeAt: (offset: number) => Promise<Place | undefined>
  /** Gives the rows that belong to the list, to this place and no further: as many as a page needs. */
  readonly rowsTo: (end: Place | undefined) => Promise<readonly Row[]>
}

/** How much of a list is read at once. */
export interface Reading {
  /** How many rows a page needs. */
  readonly rows: number
  readonly mostExamined?: number
}

/** Reads scans that have no row in common as one list, and never looks at more rows than a request may. */
export async function readScans<Row extends Place, Place>(
  scans: readonly Scan<Row, Place>[],
  compare: (left: Place, right: Place) => number,
  reading: Reading,
): Promise<Read<Row, Place>> {
  const ends = await Promise.all(scans.map((scan) => endOf(scan, scans.length === 1, reading)))
  const [end] = ends.filter((place) => place !== undefined).sort(compare)
  const found = await Promise.all(scans.map(({ rowsTo }) => rowsTo(end)))
  const rows = found.length === 1 ? found.flat() : found.flat().sort(compare)
  return { rows, end }
}

/** A page is full where one scan fills it: what others have beyond that place is not read. */
async function endOf<Row extends Place, Place>(
  { isExact, placeAt }: Scan<Row, Place>,
  isAlone: boolean,
  { rows, mostExamined = MOST_EXAMINED }: Reading,
): Promise<Place | undefined> {
  if (isExact && isAlone) return undefined
  return placeAt((isExact ? rows : mostExamined) - 1)
}

/** Orders two numbers or texts as the database does. */
export function compareColumns(left: number | string, right: number | string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** Writes a column so that the database takes no index that begins with it: another one is in the list's order. */
export function unindexedText(column: Expression<string>): Expression<string> {
  return sql<string>`${column} || ''`
}

/** Likewise for a column of numbers. */
export function unindexedNumber<Value extends number | null>(column: Expression<Value>): Expression<Value> {
  return sql<Value>`${column} + 0`
}
