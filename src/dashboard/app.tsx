import type { JSX } from 'preact'
import type { NodeView } from '../model/view.ts'
import type { LiveState } from './live.ts'
import { Containers } from './pages/containers.tsx'
import { Overview } from './pages/overview.tsx'
import { Ports } from './pages/ports.tsx'
import type { Route } from './route.ts'
import { Notice } from './shown.tsx'
import { Now, useNow } from './time.tsx'
import { useLive, type Versions } from './use-live.ts'
import { useRoute } from './use-route.ts'
import { useRows } from './use-rows.ts'

const MOST_NODES = 1000
const PAGES = [
  ['', 'Overview'],
  ['containers', 'Containers'],
  ['ports', 'Ports'],
] as const

/** The whole page: where to go, whether it is live, what could not be seen, and what was asked for. */
export function App(): JSX.Element {
  const route = useRoute()
  const { state, versions } = useLive()
  const { node, gap, container, finding } = versions
  const version = node + gap + container + finding
  const { rows, problem } = useRows<NodeView>({ path: 'nodes', filter: {}, pageSize: MOST_NODES, version })
  if (problem?.status === 401) return <LoggedOut />
  return (
    <Now.Provider value={useNow()}>
      <header>
        <strong class="brand">nsentinel</strong>
        <nav aria-label="Pages">
          {PAGES.map(([page, title]) => (
            <a key={page} href={`#/${page}`} aria-current={route.page === page ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <LiveMark state={state} />
        <form method="post" action="/logout">
          <button type="submit">Log out</button>
        </form>
      </header>
      <main>
        {problem !== null && (
          <Notice>Could not read the nodes again: {problem.message}. What is shown may be old.</Notice>
        )}
        {rows === null ? (
          problem === null && <Notice>Reading…</Notice>
        ) : (
          <Content {...{ route, versions, nodes: rows.items }} />
        )}
        {rows?.hasMore === true && <Notice>Only the first {MOST_NODES} nodes are counted here.</Notice>}
      </main>
    </Now.Provider>
  )
}

interface ContentProps {
  readonly route: Route
  readonly nodes: readonly NodeView[]
  readonly versions: Versions
}

function Content({ route, nodes, versions }: ContentProps): JSX.Element {
  if (route.page === 'containers') return <Containers route={route} nodes={nodes} version={versions.container} />
  if (route.page === 'ports') return <Ports route={route} nodes={nodes} version={versions.port} />
  return <Overview route={route} nodes={nodes} versions={versions} />
}

const LIVE_TEXT: Readonly<Record<LiveState, string>> = {
  connecting: 'connecting…',
  live: 'live',
  lost: 'not live: reconnecting',
}

function LiveMark({ state }: { readonly state: LiveState }): JSX.Element {
  return (
    <span role="status" class={`live live-${state}`}>
      {LIVE_TEXT[state]}
    </span>
  )
}

function LoggedOut(): JSX.Element {
  return (
    <main class="plain">
      <h1>The session ended</h1>
      <p>
        Somebody logged out, the token that it began with was revoked, nsentinel was restarted without a store, or this
        page was not used for long. <a href="/">Log in again</a>.
      </p>
    </main>
  )
}
