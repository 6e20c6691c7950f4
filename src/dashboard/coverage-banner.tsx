import type { JSX } from 'preact'
import type { NodeView } from '../model/view.ts'
import { coverageOf } from './coverage.ts'
import { Shown } from './shown.tsx'
import { Ago } from './time.tsx'
import { gapsText } from './words.ts'

const MOST_NAMED = 5

/** Says how far what is shown is the whole truth: which nodes are cut off, and which could not see everything. */
export function CoverageBanner({ nodes }: { readonly nodes: readonly NodeView[] }): JSX.Element | null {
  const { clouded } = coverageOf(nodes)
  if (clouded.length === 0) return null
  return (
    <section class="banner clouded" aria-label="What could not be seen">
      <strong>
        Not the whole picture: {clouded.length} of {nodes.length} {nodes.length === 1 ? 'node' : 'nodes'} could not be
        seen in full.
      </strong>
      <ul>
        {clouded.slice(0, MOST_NAMED).map((node) => (
          <li key={node.name}>
            <CloudedNode node={node} />
          </li>
        ))}
        {clouded.length > MOST_NAMED && <li>and {clouded.length - MOST_NAMED} more, listed under Nodes</li>}
      </ul>
    </section>
  )
}

function CloudedNode({ node }: { readonly node: NodeView }): JSX.Element {
  const { name, status, lastSeenAt, gaps } = node
  return (
    <>
      <Shown text={name} />
      {status !== 'online' && (
        <>
          {' '}
          is {status}: shown as it was {lastSeenAt === null ? 'when it last reported' : <Ago at={lastSeenAt} />}
        </>
      )}
      {status !== 'online' && gaps.length > 0 && ', and'}
      {gaps.length > 0 && ` is partial: ${gaps.length} ${gaps.length === 1 ? 'gap' : 'gaps'} (${gapsText(gaps)})`}
    </>
  )
}
