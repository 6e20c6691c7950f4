import type { JSX } from 'preact'
import type { NodeView } from '../../model/view.ts'
import { coverageOf, openSeverities } from '../coverage.ts'
import { CoverageBanner } from '../coverage-banner.tsx'
import type { Route } from '../route.ts'
import { Notice, SeverityBadge } from '../shown.tsx'
import type { Versions } from '../use-live.ts'
import { Findings } from './findings.tsx'
import { NodesTable } from './nodes.tsx'

export interface OverviewProps {
  readonly route: Route
  readonly nodes: readonly NodeView[]
  readonly versions: Versions
}

/** The first screen: the verdict on all nodes together, then the nodes, then the findings. */
export function Overview({ route, nodes, versions }: OverviewProps): JSX.Element {
  return (
    <>
      <Verdict nodes={nodes} />
      <CoverageBanner nodes={nodes} />
      <section aria-labelledby="nodes">
        <h2 id="nodes">Nodes</h2>
        {nodes.length === 0 ? <Notice>No node has reported yet.</Notice> : <NodesTable nodes={nodes} />}
      </section>
      <Findings route={route} nodes={nodes} version={versions.finding} />
    </>
  )
}

function Verdict({ nodes }: { readonly nodes: readonly NodeView[] }): JSX.Element {
  const { open, openTotal, clouded } = coverageOf(nodes)
  if (nodes.length === 0) return <p class="verdict">Nothing is known: no node has reported yet.</p>
  if (openTotal === 0) {
    return <p class="verdict">{clouded.length === 0 ? 'Nothing is open.' : 'Nothing is open in what could be seen.'}</p>
  }
  return (
    <p class="verdict">
      {openTotal} open {openTotal === 1 ? 'finding' : 'findings'}{' '}
      {openSeverities(open).map((severity) => (
        <SeverityBadge key={severity} severity={severity} count={open[severity]} />
      ))}
    </p>
  )
}
