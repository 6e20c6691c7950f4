import type { JSX } from 'preact'
import { NAMESPACE_KINDS } from '../../model/namespace.ts'
import type { ContainerView, NodeView } from '../../model/view.ts'
import { CoverageBanner } from '../coverage-banner.tsx'
import { NodeSelect, Search, Select } from '../fields.tsx'
import { ListState } from '../list-state.tsx'
import type { Route } from '../route.ts'
import { narrow } from '../use-route.ts'
import { useRows } from '../use-rows.ts'
import { ContainerRow } from './container-row.tsx'

const PAGE_SIZE = 200
const SHARED = [['', 'all'], ...NAMESPACE_KINDS.map((kind) => [kind, `in the host's ${kind}`] as const)] as const

export interface ContainersProps {
  readonly route: Route
  readonly nodes: readonly NodeView[]
  readonly version: number
}

/** The matrix: every container by every kind of namespace, where it is beside what was declared. */
export function Containers({ route, nodes, version }: ContainersProps): JSX.Element {
  const { node = '', search = '', shared = '' } = route.query
  const given = Object.entries({ node, search, shared }).filter(([, value]) => value !== '')
  const list = useRows<ContainerView>({
    path: 'containers',
    filter: Object.fromEntries(given),
    pageSize: PAGE_SIZE,
    version,
  })
  return (
    <section aria-labelledby="containers">
      <h2 id="containers">Containers</h2>
      <CoverageBanner nodes={nodes} />
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <NodeSelect nodes={nodes} value={node} onChange={(value) => narrow(route, { node: value })} />
        <Select label="Show" value={shared} choices={SHARED} onChange={(value) => narrow(route, { shared: value })} />
        <Search label="Text" value={search} onChange={(value) => narrow(route, { search: value })} />
      </form>
      <ListState list={list} empty={<NoContainers nodes={nodes} narrowed={given.length > 0} />}>
        {(containers) => <Matrix containers={containers} route={route} />}
      </ListState>
      <Legend />
    </section>
  )
}

function Matrix({
  containers,
  route,
}: {
  readonly containers: readonly ContainerView[]
  readonly route: Route
}): JSX.Element {
  const names = new Map(containers.map(({ id, name }) => [id, name]))
  return (
    <table class="rows matrix">
      <thead>
        <tr>
          <th scope="col">Container</th>
          {NAMESPACE_KINDS.map((kind) => (
            <th key={kind} scope="col">
              {kind}
            </th>
          ))}
          <th scope="col">Node</th>
        </tr>
      </thead>
      <tbody>
        {containers.map((container) => (
          <ContainerRow
            key={`${container.node}/${container.id}`}
            container={container}
            nameOf={(id) => names.get(id)}
            route={route}
          />
        ))}
      </tbody>
    </table>
  )
}

function NoContainers({
  nodes,
  narrowed,
}: {
  readonly nodes: readonly NodeView[]
  readonly narrowed: boolean
}): JSX.Element {
  if (nodes.length === 0) return <>No node has reported yet, so nothing is known.</>
  return narrowed ? <>No container matches these filters.</> : <>No container was found in what could be seen.</>
}

function Legend(): JSX.Element {
  return (
    <p class="legend muted">
      Where each container is found: <b>own</b> its own namespace, <b>pod</b> its pod’s, <b>HOST</b> the node’s,{' '}
      <b>KERNEL</b> outside a nested node, <b>container:x</b> another container’s, <b>mixed</b> some task differs,{' '}
      <b>?</b> could not be seen, <b>n-a</b> not applicable. Below it, where it differs, what was declared.
    </p>
  )
}
