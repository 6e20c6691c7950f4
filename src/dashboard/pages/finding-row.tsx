import type { JSX } from 'preact'
import type { FindingView, NodeView } from '../../model/view.ts'
import type { Route } from '../route.ts'
import { SeverityBadge, Shown, Tag } from '../shown.tsx'
import { Ago } from '../time.tsx'
import { narrow } from '../use-route.ts'
import { FindingDetails } from './finding-details.tsx'

export interface FindingRowProps {
  readonly finding: FindingView
  /** The finding's node, where it is known. */
  readonly node: NodeView | undefined
  readonly route: Route
}

/** One finding; which one is open stands in the address. */
export function FindingRow({ finding, node, route }: FindingRowProps): JSX.Element {
  const key = `${finding.node}/${finding.id}`
  const open = route.query['finding'] === key
  return (
    <>
      <tr class={finding.status === 'open' ? '' : 'past'}>
        <td data-label="Severity">
          <SeverityBadge severity={finding.severity} />
        </td>
        <td>
          <button
            type="button"
            class="expander"
            aria-expanded={open}
            aria-controls={key}
            onClick={() => narrow(route, { finding: open ? '' : key })}
          >
            <Shown text={finding.summary} />
          </button>
          <div class="muted">{finding.rule}</div>
        </td>
        <td data-label="Subject">
          <SubjectText finding={finding} />
        </td>
        <td data-label="Node">
          <Shown text={finding.node} />
        </td>
        <td data-label="Status">
          <StatusCell finding={finding} node={node} />
        </td>
        <td data-label="Since">
          <Ago at={finding.openedAt} />
        </td>
      </tr>
      {open && (
        <tr id={key} class="details">
          <td colSpan={6}>
            <FindingDetails finding={finding} />
          </td>
        </tr>
      )}
    </>
  )
}

function SubjectText({ finding: { subject } }: { readonly finding: FindingView }): JSX.Element {
  const name = subject.containerName ?? subject.containerId ?? subject.type
  return (
    <>
      <Shown text={name} />
      {subject.pod !== undefined && (
        <div class="muted">
          pod <Shown text={subject.pod} />
        </div>
      )}
    </>
  )
}

/** An open finding of a node that is cut off, or clouded by a gap, may be over: that is said beside it. */
function StatusCell({ finding, node }: Pick<FindingRowProps, 'finding' | 'node'>): JSX.Element {
  const { status, resolution, resolvedAt, stale } = finding
  if (status === 'resolved') {
    return (
      <>
        <Tag tone="good">resolved</Tag>{' '}
        <span class="muted">
          {resolution ?? ''} {resolvedAt !== null && <Ago at={resolvedAt} />}
        </span>
      </>
    )
  }
  return (
    <>
      <Tag tone={status === 'open' ? 'bad' : 'none'}>{status}</Tag>
      {stale && <Tag tone="unclear">stale: a gap hides whether it still holds</Tag>}
      {node !== undefined && node.status !== 'online' && <Tag tone="unclear">node is {node.status}</Tag>}
    </>
  )
}
