import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiError, type RowsRead, readRows } from './api.ts'
import { createRefresher, type Refresher } from './refresher.ts'

/** What to read: a list of the API, narrowed. */
export interface RowsQuery {
  readonly path: string
  readonly filter: Readonly<Record<string, string>>
  readonly pageSize: number
  /** Read again whenever it grows. */
  readonly version: number
}

/** A list as far as it is known; `rows` is null until the first answer. */
export interface Rows<Row> {
  readonly rows: RowsRead<Row> | null
  /** Why the last attempt failed, while older rows may still be shown. */
  readonly problem: ApiError | null
  readMore(): void
}

interface Known<Row> {
  readonly query: string
  readonly rows: RowsRead<Row> | null
  readonly problem: ApiError | null
}

const INTERVAL_MS = 1000

/** Keeps a list read: at once, when its filter changes, and when the collector says that something changed. */
export function useRows<Row>({ path, filter, pageSize, version }: RowsQuery): Rows<Row> {
  const query = JSON.stringify([path, filter])
  const [wanted, setWanted] = useState({ query, count: pageSize })
  const [known, setKnown] = useState<Known<Row>>({ query, rows: null, problem: null })
  const refresher = useRef<Refresher>(null)
  const count = wanted.query === query ? wanted.count : pageSize

  useEffect(() => {
    const read = (signal: AbortSignal) =>
      readRows<Row>(path, filter, count, signal).then(
        (rows) => setKnown({ query, rows, problem: null }),
        (error: unknown) => {
          if (!signal.aborted) setKnown((old) => ({ query, rows: rowsFor(old, query), problem: toApiError(error) }))
        },
      )
    refresher.current = createRefresher(read, INTERVAL_MS)
    refresher.current.refresh()
    return () => refresher.current?.stop()
  }, [query, count])

  useEffect(() => refresher.current?.refresh(), [version])

  return {
    rows: rowsFor(known, query),
    problem: known.problem,
    readMore: () => setWanted({ query, count: count + pageSize }),
  }
}

/** Rows of another filter are never shown under this one. */
function rowsFor<Row>(known: Known<Row>, query: string): RowsRead<Row> | null {
  return known.query === query ? known.rows : null
}

function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, 'the answer could not be read', { cause: error })
}
