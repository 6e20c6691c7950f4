import { DatabaseSync } from 'node:sqlite'
import type { FindingStatus } from '../../src/model/finding.ts'
import { rowHash } from '../../src/store/row-hash.ts'
import { containerRow, findingRow, portRow } from '../fleet/rows.ts'
import type { StoreOptions } from './options.ts'

const BEGAN_AT = Date.UTC(2026, 0, 1)
/** How many containers, with a port each, a node has. */
const CONTAINERS = 30
const RULES = ['shared-net-namespace', 'shared-pid-namespace', 'escaped-process', 'exposed-host-port']

/** Fills an empty store with rows such as agents make, many times faster than agents could: in the order of time. */
export function fillStore(path: string, options: StoreOptions): void {
  const database = new DatabaseSync(path)
  // What fails here is made anew.
  database.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -1000000; begin')
  fillNodes(database, options.nodes)
  withoutIndices(database, 'events', () => fillEvents(database, options))
  withoutIndices(database, 'findings', () => fillFindings(database, options))
  database.exec('commit')
  database.close()
}

/** Builds a table's indices once, after all rows: by sorting, which is several times faster. */
function withoutIndices(database: DatabaseSync, table: string, fill: () => void): void {
  const indices = database
    .prepare(`select name, sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null`)
    .all(table)
  for (const { name } of indices) database.exec(`drop index ${name}`)
  fill()
  for (const { sql } of indices) database.exec(String(sql))
}

function fillNodes(database: DatabaseSync, nodes: number): void {
  const node = database.prepare(
    `insert into nodes (id, name, agent_id, agent_version, boot_id, session, connected, last_seen_at, last_look_at,
       clock_offset_ms, epoch_id, epoch, acked_seq, digest, staged_parts, staged_seq, quarantined, digest_mismatches,
       spool_regressions) values (?, ?, ?, '0.1.0', 'boot', 1, 1, ?, ?, 0, ?, ?, 1, ?, 0, 0, 0, 0, 0)`,
  )
  const epoch = database.prepare('insert into epochs (id, node_id, name, arrived_at) values (?, ?, ?, ?)')
  const state = database.prepare(
    `insert into state (node_id, key, type, value, hash, sort, pod, port, protocol, shared, search)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const hash = new Uint8Array(32)
  for (let id = 1; id <= nodes; id += 1) {
    const name = nodeName(id)
    node.run(id, name, name, BEGAN_AT, BEGAN_AT, id, `epoch-${id}`, hash)
    epoch.run(id, id, `epoch-${id}`, BEGAN_AT)
    for (let generation = 0; generation < CONTAINERS; generation += 1) {
      const { key, value } = containerRow(generation)
      const shared = generation === 0 ? ' net ' : null
      const pod = `shop/worker-${id}-${generation}`
      const search = `${value.name}\n${key}\n${value.image}\n${pod}${id === nodes ? ' needle' : ''}`
      state.run(
        id,
        `container/${key}`,
        'container',
        JSON.stringify(value),
        hash,
        value.name,
        pod,
        null,
        null,
        shared,
        search,
      )
      const port = portRow(generation)
      const { hostPort, protocol } = port.value
      const sort = `0${hostPort}/${protocol}`
      state.run(
        id,
        `port/${port.key}`,
        'port',
        JSON.stringify(port.value),
        hash,
        sort,
        null,
        hostPort,
        protocol,
        null,
        null,
      )
    }
  }
}

function fillEvents(database: DatabaseSync, { events, nodes }: StoreOptions): void {
  const insert = database.prepare(
    `insert into events (node_id, epoch_id, seq, ord, at, received_at, op, fresh, row_hash, type, key, value, cause)
     values (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, null)`,
  )
  const rows = Array.from({ length: 64 }, (_, generation) =>
    [containerRow(generation), portRow(generation), findingRow(generation, 'net'), findingRow(generation, 'pid')].map(
      ({ type, key, value }) => ({ type, key, value: JSON.stringify(value) }),
    ),
  ).flat()
  for (let index = 0; index < events; index += 1) {
    const id = 1 + (index % nodes)
    const seq = 1 + Math.floor(index / nodes)
    const { type, key, value } = rows[(seq >> 1) % rows.length] ?? { type: '', key: '', value: '' }
    const put = seq % 2 === 1
    const at = BEGAN_AT + index
    insert.run(
      id,
      id,
      seq,
      at,
      at,
      put ? 'put' : 'delete',
      put ? 1 : 0,
      rowHash(id, type, key),
      type,
      key,
      put ? value : null,
    )
  }
}

function fillFindings(database: DatabaseSync, { findings, nodes }: StoreOptions): void {
  const insert = database.prepare(
    `insert into findings (node_id, id, rule, severity, status, group_key, stale, value, first_seen_at, opened_at,
       last_seen_at, resolved_at, resolution, episodes, search) values (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, 1, ?)`,
  )
  const value = JSON.stringify(findingRow(1, 'net').value)
  for (let index = 0; index < findings; index += 1) {
    const id = (index * 2_654_435_761).toString(16).padStart(32, '0')
    const rule = index % 10_000 === 0 ? 'rare' : (RULES[index % 4] ?? '')
    const status = statusOf(index)
    const severity = Math.floor(index / 7) % 5
    const at = BEGAN_AT + index
    const resolvedAt = status === 'resolved' ? at : null
    const resolution = status === 'resolved' ? 'fixed' : null
    const search = `worker-${index} runs in the host's net namespace\n${rule}${index === 0 ? ' needle' : ''}`
    const group = `["${rule}",null,"shop","worker-${index % 1000}","net"]`
    insert.run(
      1 + (index % nodes),
      id,
      rule,
      severity,
      status,
      group,
      value,
      at,
      at,
      at,
      resolvedAt,
      resolution,
      search,
    )
  }
}

function statusOf(index: number): FindingStatus {
  if (index % 10 !== 0) return 'resolved'
  return index % 100 === 0 ? 'accepted' : 'open'
}

/** Gives the name of a node. */
export function nodeName(id: number): string {
  return `node-${String(id).padStart(6, '0')}`
}
