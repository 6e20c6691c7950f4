import type { Page } from '../model/view.ts'

const LARGEST_PAGE = 1000

/** An answer of the API other than success, or none at all (status 0). */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** The first rows of a list, and whether there are more. */
export interface RowsRead<Row> {
  readonly items: readonly Row[]
  readonly hasMore: boolean
}

/** Reads the first `wanted` rows of a list, page by page. */
export async function readRows<Row>(
  path: string,
  filter: Readonly<Record<string, string>>,
  wanted: number,
  signal: AbortSignal,
): Promise<RowsRead<Row>> {
  const items: Row[] = []
  let cursor: string | null = null
  do {
    const limit = String(Math.min(wanted - items.length, LARGEST_PAGE))
    const query = new URLSearchParams({ ...filter, limit, ...(cursor === null ? {} : { cursor }) })
    const page: Page<Row> = await readJson(`/api/v1/${path}?${query}`, signal)
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null && items.length < wanted)
  return { items, hasMore: cursor !== null }
}

/** The answer comes from the collector that served this page, in the shape of the same version. */
async function readJson<Body>(url: string, signal: AbortSignal): Promise<Body> {
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    throw new ApiError(0, 'the collector does not answer', { cause })
  })
  if (!response.ok) throw new ApiError(response.status, `the collector answered ${response.status}`)
  return response.json()
}
