import type { JSX } from 'preact'
import { SEVERITIES } from '../../model/finding.ts'
import type { FindingView, NodeView } from '../../model/view.ts'
import { coverageOf } from '../coverage.ts'
import { NodeSelect, Search, Select } from '../fields.tsx'
import { ListState } from '../list-state.tsx'
import type { Route } from '../route.ts'
import { narrow } from '../use-route.ts'
import { useRows } from '../use-rows.ts'
import { FindingRow } from './finding-row.tsx'

const PAGE_SIZE = 100
const ANY = 'any'
const STATUSES = ['open', 'accepted', 'resolved', ANY].map((status) => [status, status] as const)
const LEAST_SEVERITIES = [
  ['', 'any'],
  ...SEVERITIES.map((severity) => [severity, `${severity} or worse`] as const),
] as const

export interface FindingsProps {
  readonly route: Route
  readonly nodes: readonly NodeView[]
  readonly version: number
}

/** The findings, narrowed by what the address says; only the open ones unless it says otherwise. */
export function Findings({ route, nodes, version }: FindingsProps): JSX.Element {
  const { query } = route
  const filter = filterOf(query)
  const list = useRows<FindingView>({ path: 'findings', filter, pageSize: PAGE_SIZE, version })
  const byName = new Map(nodes.map((node) => [node.name, node]))
  return (
    <section aria-labelledby="findings">
      <h2 id="findings">Findings</h2>
      <Filters route={route} nodes={nodes} />
      <ListState list={list} empty={<NoFindings nodes={nodes} query={query} />}>
        {(findings) => (
          <table class="rows findings">
            <thead>
              <tr>
                <th scope="col">Severity</th>
                <th scope="col">What</th>
                <th scope="col">Subject</th>
                <th scope="col">Node</th>
                <th scope="col">Status</th>
                <th scope="col">Since</th>
              </tr>
            </thead>
            <tbody>
              {findings.map((finding) => (
                <FindingRow
                  key={`${finding.node}/${finding.id}`}
                  finding={finding}
                  node={byName.get(finding.node)}
                  route={route}
                />
              ))}
            </tbody>
          </table>
        )}
      </ListState>
    </section>
  )
}

function Filters({ route, nodes }: { readonly route: Route; readonly nodes: readonly NodeView[] }): JSX.Element {
  const { severity = '', status = 'open', node = '', search = '', rule = '' } = route.query
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <Select
        label="Severity"
        value={severity}
        choices={LEAST_SEVERITIES}
        onChange={(value) => narrow(route, { severity: value })}
      />
      <Select label="Status" value={status} choices={STATUSES} onChange={(value) => narrow(route, { status: value })} />
      <NodeSelect nodes={nodes} value={node} onChange={(value) => narrow(route, { node: value })} />
      <Search label="Text" value={search} onChange={(value) => narrow(route, { search: value })} />
      {rule !== '' && (
        <button type="button" onClick={() => narrow(route, { rule: '' })}>
          only {rule} ✕
        </button>
      )}
    </form>
  )
}

/** Says that there is nothing only where everything was seen. */
function NoFindings({
  nodes,
  query,
}: {
  readonly nodes: readonly NodeView[]
  readonly query: Route['query']
}): JSX.Element {
  const { clouded, openTotal } = coverageOf(nodes)
  if (nodes.length === 0) return <>No node has reported yet, so nothing is known.</>
  if (openTotal > 0 || isNarrowed(query)) return <>No finding matches these filters.</>
  if (clouded.length === 0) return <>Nothing is open: all nodes were seen in full.</>
  return <>Nothing is open in what could be seen. See above what could not.</>
}

function isNarrowed({ severity, status, node, search, rule }: Route['query']): boolean {
  return (
    [severity, node, search, rule].some((value) => value !== undefined && value !== '') || (status ?? 'open') !== 'open'
  )
}

function filterOf({
  severity = '',
  status = 'open',
  node = '',
  search = '',
  rule = '',
}: Route['query']): Record<string, string> {
  const given = Object.entries({ severity, status: status === ANY ? '' : status, node, search, rule })
  return Object.fromEntries(given.filter(([, value]) => value !== ''))
}
