import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { NodeView } from '../../model/view.ts'
import { byTrouble, openSeverities } from '../coverage.ts'
import { formatRoute } from '../route.ts'
import { SeverityBadge, Shown, Tag } from '../shown.tsx'
import { Ago } from '../time.tsx'
import { NodeDetails } from './node-details.tsx'

const FEW = 8
const SKEW_MS = 2000

/** The nodes, those first that somebody should look at. */
export function NodesTable({ nodes }: { readonly nodes: readonly NodeView[] }): JSX.Element {
  const [all, setAll] = useState(false)
  const sorted = nodes.toSorted(byTrouble)
  return (
    <>
      <table class="rows nodes">
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">Status</th>
            <th scope="col">Could see</th>
            <th scope="col">Open findings</th>
            <th scope="col">Containers</th>
            <th scope="col">System</th>
          </tr>
        </thead>
        <tbody>
          {(all ? sorted : sorted.slice(0, FEW)).map((node) => (
            <NodeRow key={node.name} node={node} />
          ))}
        </tbody>
      </table>
      {nodes.length > FEW && (
        <button type="button" onClick={() => setAll(!all)}>
          {all ? 'Show fewer nodes' : `Show all ${nodes.length} nodes`}
        </button>
      )}
    </>
  )
}

function NodeRow({ node }: { readonly node: NodeView }): JSX.Element {
  const [open, setOpen] = useState(false)
  const details = `node-${node.name}`
  return (
    <>
      <tr>
        <td data-label="Node">
          <button
            type="button"
            class="expander"
            aria-expanded={open}
            aria-controls={details}
            onClick={() => setOpen(!open)}
          >
            <Shown text={node.name} />
          </button>
        </td>
        <td data-label="Status">
          <NodeStatusCell node={node} />
        </td>
        <td data-label="Could see">
          <SightCell node={node} />
        </td>
        <td data-label="Open findings">
          <OpenFindings node={node} />
        </td>
        <td data-label="Containers">
          <a href={formatRoute({ page: 'containers', query: { node: node.name } })}>{node.containers}</a>
        </td>
        <td data-label="System" class="muted">
          <Shown text={`${node.os}, ${node.kernel}`} />
        </td>
      </tr>
      {open && (
        <tr id={details} class="details">
          <td colSpan={6}>
            <NodeDetails node={node} />
          </td>
        </tr>
      )}
    </>
  )
}

function NodeStatusCell({ node: { status, lastSeenAt, clockOffsetMs } }: { readonly node: NodeView }): JSX.Element {
  return (
    <>
      <Tag tone={status === 'online' ? 'good' : 'bad'}>{status}</Tag>{' '}
      <span class="muted">{lastSeenAt === null ? 'no look yet' : <Ago at={lastSeenAt} />}</span>
      {Math.abs(clockOffsetMs) > SKEW_MS && <Tag tone="unclear">clock {skewText(clockOffsetMs)}</Tag>}
    </>
  )
}

function SightCell({ node: { status, gaps } }: { readonly node: NodeView }): JSX.Element {
  if (status !== 'online') return <Tag tone="unclear">nothing now</Tag>
  if (gaps.length === 0) return <>no gaps</>
  return (
    <Tag tone="unclear">
      partial: {gaps.length} {gaps.length === 1 ? 'gap' : 'gaps'}
    </Tag>
  )
}

function OpenFindings({ node }: { readonly node: NodeView }): JSX.Element {
  const severities = openSeverities(node.openFindings)
  if (severities.length === 0) return <span class="muted">none seen</span>
  return (
    <a class="badges" href={formatRoute({ page: '', query: { node: node.name } })}>
      {severities.map((severity) => (
        <SeverityBadge key={severity} severity={severity} count={node.openFindings[severity]} />
      ))}
    </a>
  )
}

function skewText(offsetMs: number): string {
  return `${Math.round(Math.abs(offsetMs) / 1000)} s ${offsetMs > 0 ? 'ahead' : 'behind'}`
}
