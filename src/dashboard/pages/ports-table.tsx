import type { JSX } from 'preact'
import { portKey } from '../../model/port.ts'
import type { PortView } from '../../model/view.ts'
import { addressText, answersText, claimText, declaredText, reachedText } from '../port-words.ts'
import { formatRoute } from '../route.ts'
import { Shown, Tag } from '../shown.tsx'
import { mechanismWord } from '../words.ts'

const HEADERS = ['Port', 'Mechanism', 'Who', 'Declared by', 'Reached from', 'Answers as', 'Node'] as const

/** The rows: one claim on one port each. */
export function PortsTable({ ports }: { readonly ports: readonly PortView[] }): JSX.Element {
  return (
    <table class="rows ports">
      <thead>
        <tr>
          {HEADERS.map((header) => (
            <th key={header} scope="col">
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ports.map((port) => (
          <tr key={`${port.node}/${portKey(port)}`}>
            <td data-label="Port">
              <Shown text={addressText(port)} />
            </td>
            <td data-label="Mechanism">
              <Mechanism port={port} />
            </td>
            <td data-label="Who">
              <Parties port={port} />
            </td>
            <td data-label="Declared by">
              <Shown text={declaredText(port)} />
            </td>
            <td data-label="Reached from">
              <Reach port={port} />
            </td>
            <td data-label="Answers as">
              <Shown text={answersText(port)} />
            </td>
            <td data-label="Node">
              <Shown text={port.node} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** What makes the port, with the rules as the kernel has them. */
function Mechanism({ port: { mechanism, conditions, rules = [] } }: { readonly port: PortView }): JSX.Element {
  return (
    <>
      <Tag tone={mechanism === 'unknown' ? 'unclear' : 'none'}>{mechanismWord(mechanism)}</Tag>
      {(rules.length > 0 || conditions.length > 0) && (
        <details>
          <summary class="muted">{rules.length > 0 ? 'rules' : 'conditions'}</summary>
          <ul class="plain-list">
            {[...rules, ...conditions].map((text) => (
              <li key={text} class="muted">
                <code>
                  <Shown text={text} />
                </code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

function Reach({ port }: { readonly port: PortView }): JSX.Element {
  return (
    <>
      {reachedText(port)}
      {port.shadowedBy !== undefined && (
        <div>
          <Tag tone="bad">taken</Tag> by <Shown text={claimText(port.shadowedBy)} />
        </div>
      )}
    </>
  )
}

function Parties({ port: { owners, targets, orphan } }: { readonly port: PortView }): JSX.Element {
  if (owners.length === 0 && targets.length === 0) return <span class="muted">not seen</span>
  return (
    <ul class="plain-list">
      {owners.map(({ role, containerId, pod, pid, comm }) => (
        <li key={`${role}/${containerId}/${pid}`}>
          {role} <Shown text={[comm, pid === undefined ? '' : `pid ${pid}`, pod].filter(Boolean).join(', ')} />{' '}
          {containerId !== undefined && (
            <a href={formatRoute({ page: 'containers', query: { search: containerId } })}>
              <Shown text={containerId.slice(0, 12)} />
            </a>
          )}
        </li>
      ))}
      {targets.map(({ address, port, listening }) => (
        <li key={`${address}/${port}`} class="muted">
          to <Shown text={`${address}:${port}`} />
          {listening === false && ', where nothing listens'}
          {orphan === true && ', which is nobody’s'}
        </li>
      ))}
    </ul>
  )
}
