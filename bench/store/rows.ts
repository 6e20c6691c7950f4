import type { FindingStatus } from '../../src/model/finding.ts'
import { rowHash } from '../../src/store/row-hash.ts'
import { containerRow, findingRow, portRow } from '../fleet/rows.ts'
import type { StoreOptions } from './options.ts'

const BEGAN_AT = Date.UTC(2026, 0, 1)
/** How many containers, with a port each, a node has. */
const CONTAINERS = 30
const RULES = ['shared-net-namespace', 'shared-pid-namespace', 'escaped-process', 'exposed-host-port']
const DIGEST = new Uint8Array(32)

type Row = Readonly<Record<string, string | number | Uint8Array | null>>

/** A table and what is in it: each of its rows has the same columns, in one order. */
export interface FilledTable {
  readonly name: string
  readonly rows: Iterable<Row>
}

/** Gives rows such as agents make, many times faster than agents could: in the order of time. */
export function listRows(options: StoreOptions): readonly FilledTable[] {
  const { nodes } = options
  return [
    { name: 'nodes', rows: eachOf(nodes, nodeRow) },
    { name: 'epochs', rows: eachOf(nodes, epochRow) },
    { name: 'state', rows: stateRows(nodes) },
    { name: 'events', rows: eventRows(options) },
    { name: 'findings', rows: findingRows(options) },
  ]
}

/** Gives the name of a node. */
export function nodeName(id: number): string {
  return `node-${String(id).padStart(6, '0')}`
}

function* eachOf(count: number, make: (id: number) => Row): Generator<Row> {
  for (let id = 1; id <= count; id += 1) yield make(id)
}

function nodeRow(id: number): Row {
  const name = nodeName(id)
  return {
    ...{ id, name, agent_id: name, agent_version: '0.1.0', boot_id: 'boot', session: 1, connected: 1 },
    ...{ last_seen_at: BEGAN_AT, last_look_at: BEGAN_AT, clock_offset_ms: 0, epoch_id: id, epoch: `epoch-${id}` },
    ...{ acked_seq: 1, digest: DIGEST, staged_parts: 0, staged_seq: 0 },
    ...{ quarantined: 0, digest_mismatches: 0, spool_regressions: 0 },
  }
}

function epochRow(id: number): Row {
  return { id, node_id: id, name: `epoch-${id}`, arrived_at: BEGAN_AT }
}

function* stateRows(nodes: number): Generator<Row> {
  for (let node_id = 1; node_id <= nodes; node_id += 1) {
    for (let generation = 0; generation < CONTAINERS; generation += 1) {
      yield containerState(node_id, generation, node_id === nodes ? ' needle' : '')
      yield portState(node_id, generation)
    }
  }
}

function containerState(node_id: number, generation: number, more: string): Row {
  const { key, value } = containerRow(generation)
  const pod = `shop/worker-${node_id}-${generation}`
  return {
    ...{ node_id, key: `container/${key}`, type: 'container', value: JSON.stringify(value), hash: DIGEST },
    ...{ sort: value.name, pod, port: null, protocol: null, shared: generation === 0 ? ' net ' : null },
    search: `${value.name}\n${key}\n${value.image}\n${pod}${more}`,
  }
}

function portState(node_id: number, generation: number): Row {
  const { key, value } = portRow(generation)
  const { hostPort, protocol } = value
  return {
    ...{ node_id, key: `port/${key}`, type: 'port', value: JSON.stringify(value), hash: DIGEST },
    ...{ sort: `0${hostPort}/${protocol}`, pod: null, port: hostPort, protocol, shared: null, search: null },
  }
}

function* eventRows({ events, nodes }: StoreOptions): Generator<Row> {
  const changes = Array.from({ length: 64 }, (_, generation) =>
    [containerRow(generation), portRow(generation), findingRow(generation, 'net'), findingRow(generation, 'pid')].map(
      ({ type, key, value }) => ({ type, key, value: JSON.stringify(value) }),
    ),
  ).flat()
  for (let index = 0; index < events; index += 1) {
    const id = 1 + (index % nodes)
    const seq = 1 + Math.floor(index / nodes)
    const { type, key, value } = changes[(seq >> 1) % changes.length] ?? { type: '', key: '', value: '' }
    const isPut = seq % 2 === 1
    const at = BEGAN_AT + index
    yield {
      ...{ node_id: id, epoch_id: id, seq, ord: 0, at, received_at: at, op: isPut ? 'put' : 'delete' },
      ...{ fresh: isPut ? 1 : 0, row_hash: rowHash(id, type, key), type, key, value: isPut ? value : null },
    }
  }
}

function* findingRows({ findings, nodes }: StoreOptions): Generator<Row> {
  const value = JSON.stringify(findingRow(1, 'net').value)
  for (let index = 0; index < findings; index += 1) {
    const rule = index % 10_000 === 0 ? 'rare' : (RULES[index % 4] ?? '')
    const status = statusOf(index)
    const at = BEGAN_AT + index
    const isResolved = status === 'resolved'
    yield {
      ...{ node_id: 1 + (index % nodes), id: (index * 2_654_435_761).toString(16).padStart(32, '0'), rule },
      ...{ severity: Math.floor(index / 7) % 5, status, stale: 0, value },
      group_key: `["${rule}",null,"shop","worker-${index % 1000}","net"]`,
      ...{ first_seen_at: at, opened_at: at, last_seen_at: at },
      ...{ resolved_at: isResolved ? at : null, resolution: isResolved ? 'fixed' : null, episodes: 1 },
      search: `worker-${index} runs in the host's net namespace\n${rule}${index === 0 ? ' needle' : ''}`,
    }
  }
}

function statusOf(index: number): FindingStatus {
  if (index % 10 !== 0) return 'resolved'
  return index % 100 === 0 ? 'accepted' : 'open'
}
