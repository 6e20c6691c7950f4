/** Where the reader is: a page, and what it is narrowed to. It is the address's hash, so that it can be shared. */
export interface Route {
  readonly page: string
  readonly query: Readonly<Record<string, string>>
}

/** Reads a hash such as `#/containers?node=a`. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  return { page: path, query: Object.fromEntries(new URLSearchParams(query)) }
}

/** Writes a route as a hash; parameters without a value are left out. */
export function formatRoute({ page, query }: Route): string {
  const given = Object.entries(query).filter(([, value]) => value !== '')
  const search = new URLSearchParams(given).toString()
  return search === '' ? `#/${page}` : `#/${page}?${search}`
}
