import { useEffect, useState } from 'preact/hooks'
import { formatRoute, parseRoute, type Route } from './route.ts'

/** Follows the address. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash))
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return route
}

/** Narrows the page further, in place: going back leaves the page and not each letter typed. */
export function narrow(route: Route, change: Readonly<Record<string, string>>): void {
  history.replaceState(null, '', formatRoute({ page: route.page, query: { ...route.query, ...change } }))
  dispatchEvent(new HashChangeEvent('hashchange'))
}
