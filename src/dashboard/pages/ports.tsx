import type { JSX } from 'preact'
import { type Effective, portKey } from '../../model/port.ts'
import type { NodeView, PortView } from '../../model/view.ts'
import { CoverageBanner } from '../coverage-banner.tsx'
import { Search, Select } from '../fields.tsx'
import { ListState } from '../list-state.tsx'
import { formatRoute, type Route } from '../route.ts'
import { Shown, Tag } from '../shown.tsx'
import { narrow } from '../use-route.ts'
import { useRows } from '../use-rows.ts'
import { mechanismWord } from '../words.ts'

const PAGE_SIZE = 200
const PROTOCOLS = [['', 'all'], ...['tcp', 'udp', 'sctp'].map((protocol) => [protocol, protocol] as const)] as const

export interface PortsProps {
  readonly route: Route
  readonly nodes: readonly NodeView[]
  readonly version: number
}

/** The host ports: who answers, by which mechanism, and who declared it. */
export function Ports({ route, nodes, version }: PortsProps): JSX.Element {
  const { node = '', protocol = '', port = '' } = route.query
  const given = Object.entries({ node, protocol, port: validPort(port) }).filter(([, value]) => value !== '')
  const list = useRows<PortView>({ path: 'ports', filter: Object.fromEntries(given), pageSize: PAGE_SIZE, version })
  const names = nodes.map(({ name }) => [name, name] as const)
  return (
    <section aria-labelledby="ports">
      <h2 id="ports">Host ports</h2>
      <CoverageBanner nodes={nodes} />
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Select
          label="Node"
          value={node}
          choices={[['', 'all'], ...names]}
          onChange={(value) => narrow(route, { node: value })}
        />
        <Select
          label="Protocol"
          value={protocol}
          choices={PROTOCOLS}
          onChange={(value) => narrow(route, { protocol: value })}
        />
        <Search label="Port" value={port} onChange={(value) => narrow(route, { port: value })} />
      </form>
      <ListState list={list} empty={<NoPorts nodes={nodes} narrowed={given.length > 0} />}>
        {(ports) => <PortsTable ports={ports} />}
      </ListState>
    </section>
  )
}

function PortsTable({ ports }: { readonly ports: readonly PortView[] }): JSX.Element {
  return (
    <table class="rows ports">
      <thead>
        <tr>
          <th scope="col">Port</th>
          <th scope="col">Mechanism</th>
          <th scope="col">Who</th>
          <th scope="col">Declared by</th>
          <th scope="col">Reached from</th>
          <th scope="col">Node</th>
        </tr>
      </thead>
      <tbody>
        {ports.map((port) => (
          <tr key={`${port.node}/${portKey(port)}`}>
            <td data-label="Port">
              <Shown text={addressText(port)} />
            </td>
            <td data-label="Mechanism">
              <Tag tone={port.mechanism === 'unknown' ? 'unclear' : 'none'}>{mechanismWord(port.mechanism)}</Tag>
              {port.shadowedBy !== undefined && (
                <div>
                  shadowed by <Shown text={port.shadowedBy} />
                </div>
              )}
              {port.conditions.map((condition) => (
                <div key={condition} class="muted">
                  <Shown text={condition} />
                </div>
              ))}
            </td>
            <td data-label="Who">
              <OwnersList port={port} />
            </td>
            <td data-label="Declared by">
              <Shown text={declaredText(port)} />
            </td>
            <td data-label="Reached from">{effectiveText(port)}</td>
            <td data-label="Node">
              <Shown text={port.node} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function OwnersList({ port: { owners, targets } }: { readonly port: PortView }): JSX.Element {
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
      {targets.map(({ address, port }) => (
        <li key={`${address}/${port}`} class="muted">
          to <Shown text={`${address}:${port}`} />
        </li>
      ))}
    </ul>
  )
}

function NoPorts({
  nodes,
  narrowed,
}: {
  readonly nodes: readonly NodeView[]
  readonly narrowed: boolean
}): JSX.Element {
  if (nodes.length === 0) return <>No node has reported yet, so nothing is known.</>
  return narrowed ? <>No port matches these filters.</> : <>No host port was found in what could be seen.</>
}

function addressText({ hostAddress, hostPort, hostPortEnd, protocol, family }: PortView): string {
  const address = hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress
  const range = hostPortEnd === undefined ? '' : `-${hostPortEnd}`
  return `${address}:${hostPort}${range}/${protocol}${family === 'dual' ? ' (IPv4 too)' : ''}`
}

function declaredText({ declaredBy }: PortView): string {
  if (declaredBy.length === 0) return 'nobody'
  return declaredBy.map(({ by, implicit }) => (implicit ? `${by} (implicitly)` : by)).join(', ')
}

function effectiveText({ effective: { outside, node, loopback } }: PortView): string {
  return `outside ${effectiveWord(outside)}, node ${effectiveWord(node)}, loopback ${effectiveWord(loopback)}`
}

function effectiveWord(effective: Effective): string {
  return effective === 'unknown' ? '?' : effective
}

/** Half a number is no filter yet. */
function validPort(text: string): string {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535 ? text : ''
}
