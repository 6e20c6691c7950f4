import type { Store } from '../../src/store/store.ts'
import { containerRow, findingRow } from '../fleet/rows.ts'
import type { StoreOptions } from './options.ts'
import { nodeName } from './rows.ts'

export interface Query {
  readonly name: string
  readonly read: (cursor?: string) => Promise<{ readonly nextCursor: string | null }>
}

const BEGAN_AT = Date.UTC(2026, 0, 1)

/** Lists every kind of question that the API takes: each filter alone, the ones that no index serves, and deep pages. */
export function listQueries(store: Store, { events, nodes, findings }: StoreOptions): Query[] {
  const node = nodeName(Math.ceil(nodes / 2))
  const group = '["shared-net-namespace",null,"shop","worker-4","net"]'
  const half = BEGAN_AT + Math.floor(events / 2)
  const finding = (name: string, filter: Parameters<Store['listFindings']>[0], limit = 100): Query => ({
    name: `findings ${name}`,
    read: (cursor) => store.listFindings(filter, { limit, cursor }),
  })
  const event = (name: string, filter: Parameters<Store['listEvents']>[0], limit = 100): Query => ({
    name: `events ${name}`,
    read: (cursor) => store.listEvents(filter, { limit, cursor }),
  })
  const container = (name: string, filter: Parameters<Store['listContainers']>[0]): Query => ({
    name: `containers ${name}`,
    read: (cursor) => store.listContainers(filter, { limit: 100, cursor }),
  })
  const port = (name: string, filter: Parameters<Store['listPorts']>[0]): Query => ({
    name: `ports ${name}`,
    read: (cursor) => store.listPorts(filter, { limit: 100, cursor }),
  })
  const deep = cursorOf([2, BEGAN_AT + Math.floor(findings / 2), Math.ceil(nodes / 2), ''])
  return [
    { name: 'nodes', read: (cursor) => store.listNodes({ limit: 100, cursor }) },
    { name: 'nodes, 1000 a page', read: (cursor) => store.listNodes({ limit: 1000, cursor }) },
    { name: 'one node', read: async () => ({ nextCursor: null, node: await store.readNode(node) }) },
    finding('', {}),
    finding('1000 a page', {}, 1000),
    { name: 'findings from the middle', read: (cursor = deep) => store.listFindings({}, { limit: 100, cursor }) },
    finding('open', { status: 'open' }),
    finding('open, high', { status: 'open', severity: 'high' }),
    finding('resolved', { status: 'resolved' }),
    finding('of a node', { node }),
    finding('of a node and rule, resolved', { node, rule: 'rare', status: 'resolved' }),
    finding('of a rule', { rule: 'escaped-process' }),
    finding('of a rare rule', { rule: 'rare' }),
    finding('of a group', { group }),
    finding('of a group and node', { group, node }),
    finding('with a common text', { search: 'worker' }),
    finding('with a rare text', { search: 'needle' }),
    finding('of a node with a rare text', { search: 'needle', node }),
    container('', {}),
    container('of a node', { node }),
    container('of a pod', { pod: 'shop/worker-1-1' }),
    container('that share net', { shared: 'net' }),
    container('that share pid', { shared: 'pid' }),
    container('with a rare text', { search: 'needle' }),
    port('', {}),
    port('of a node', { node }),
    port('of a number', { port: 9001 }),
    port('of sctp', { protocol: 'sctp' }),
    event('', {}),
    event('1000 a page', {}, 1000),
    event('of a node', { node }),
    event('of a node and type', { node, type: 'port' }),
    event('of a finding', { node, type: 'finding', key: findingRow(5, 'net').key }),
    event('of a container', { node, type: 'container', key: containerRow(5).key }),
    event('of a key alone', { key: findingRow(5, 'net').key }),
    event('of a type', { type: 'finding' }),
    event('of a type that never came', { type: 'gap' }),
    event('that could not be read', { change: 'unreadable' }),
    event('until the middle', { until: half }),
    event('of a node until the middle', { node, until: half }),
    event('of a second in the middle', { since: half, until: half + 1000, type: 'port' }),
    { name: 'quarantine', read: (cursor) => store.listQuarantine({ limit: 100, cursor }) },
  ]
}

/** Writes a cursor as a list of findings gives it. */
function cursorOf(columns: readonly (string | number)[]): string {
  return Buffer.from(columns.join('\0')).toString('base64url')
}
