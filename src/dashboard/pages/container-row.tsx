import type { JSX } from 'preact'
import type { Sharing } from '../../model/container.ts'
import { MISSION_KINDS, NAMESPACE_KINDS, type NamespaceKind } from '../../model/namespace.ts'
import type { ContainerView } from '../../model/view.ts'
import type { Route } from '../route.ts'
import { Shown, Tag } from '../shown.tsx'
import { narrow } from '../use-route.ts'
import { declaredWord, type NameOf, observedWord, sharingSentence, verdictTone } from '../words.ts'
import { ContainerDetails } from './container-details.tsx'

export interface ContainerRowProps {
  readonly container: ContainerView
  readonly nameOf: NameOf
  readonly route: Route
}

/** One container's line of the matrix. */
export function ContainerRow({ container, nameOf, route }: ContainerRowProps): JSX.Element {
  const key = `${container.node}/${container.id}`
  const open = route.query['container'] === key
  const toggle = () => narrow(route, { container: open ? '' : key })
  return (
    <>
      <tr>
        <td data-label="Container">
          <button type="button" class="expander" aria-expanded={open} aria-controls={key} onClick={toggle}>
            <Shown text={container.name} />
          </button>
          {container.role === 'sandbox' && <Tag tone="none">sandbox</Tag>}
          {container.state !== 'running' && <Tag tone="unclear">{container.state}</Tag>}
          <div class="muted">
            <Shown
              text={
                container.pod === undefined
                  ? (container.image ?? '')
                  : `${container.pod.namespace}/${container.pod.name}`
              }
            />
          </div>
        </td>
        {NAMESPACE_KINDS.map((kind) => (
          <KindCell key={kind} kind={kind} sharing={container.sharing[kind]} nameOf={nameOf} />
        ))}
        <td data-label="Node">
          <Shown text={container.node} />
        </td>
      </tr>
      {open && (
        <tr id={key} class="details">
          <td colSpan={NAMESPACE_KINDS.length + 2}>
            <ContainerDetails container={container} nameOf={nameOf} />
          </td>
        </tr>
      )}
    </>
  )
}

interface KindCellProps {
  readonly kind: NamespaceKind
  readonly sharing: Sharing
  readonly nameOf: NameOf
}

function KindCell({ kind, sharing, nameOf }: KindCellProps): JSX.Element {
  const tone = verdictTone(sharing.verdict)
  return (
    <td
      data-label={kind}
      class={`kind tone-${tone} ${isMission(kind) ? 'mission' : ''}`}
      title={sharingSentence(kind, sharing, nameOf)}
    >
      <span class={`observed observed-${sharing.observed.replace(/:.*$/s, '')}`}>
        {observedWord(sharing.observed, nameOf)}
      </span>
      {(tone === 'bad' || tone === 'unclear') && (
        <span class="declared">declared {declaredWord(sharing.declared, nameOf)}</span>
      )}
    </td>
  )
}

/** In the host's net, pid or ipc a container is worth a look even where that was declared; user and time usually are. */
function isMission(kind: NamespaceKind): boolean {
  return MISSION_KINDS.some((mission) => mission === kind)
}
