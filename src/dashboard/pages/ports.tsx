import type { JSX } from 'preact'
import type { NodeView, PortView } from '../../model/view.ts'
import { CoverageBanner } from '../coverage-banner.tsx'
import { NodeSelect, Search, Select } from '../fields.tsx'
import { ListState } from '../list-state.tsx'
import type { Route } from '../route.ts'
import { narrow } from '../use-route.ts'
import { useRows } from '../use-rows.ts'
import { PortsTable } from './ports-table.tsx'

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
  return (
    <section aria-labelledby="ports">
      <h2 id="ports">Host ports</h2>
      <CoverageBanner nodes={nodes} />
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <NodeSelect nodes={nodes} value={node} onChange={(value) => narrow(route, { node: value })} />
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

/** Half a number is no filter yet. */
function validPort(text: string): string {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535 ? text : ''
}
