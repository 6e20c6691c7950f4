import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type CompiledQuery, Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { t } from 'tap'
import type { Change } from '../../src/model/changes.ts'
import { ANNOUNCES_NOTHING } from '../../src/store/announcer.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { SqlStore } from '../../src/store/sql-store.ts'
import { nodeSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import type { ContainerFilter, EventFilter, FindingFilter, PageRequest, PortFilter } from '../../src/store/store.ts'
import type { Tables } from '../../src/store/tables.ts'
import { container, port, TAKEN_AT } from '../helpers/builders.ts'
import { begin } from '../helpers/store.ts'
import { deleteFinding, putFinding, testStream } from '../helpers/stream.ts'

const PAGE = { limit: 10 }

t.test(
  'reads every list, with whatever filters and from any place, by an index in the order of the list',
  async (t) => {
    const { store, planOf } = await openExplained(t.testdir())
    t.teardown(() => store.close())
    await fillTwoPages(store)

    const lists = {
      findings: (filter: FindingFilter, page: PageRequest) => store.listFindings(filter, page),
      containers: (filter: ContainerFilter, page: PageRequest) => store.listContainers(filter, page),
      ports: (filter: PortFilter, page: PageRequest) => store.listPorts(filter, page),
      events: (filter: EventFilter, page: PageRequest) => store.listEvents(filter, page),
      nodes: (_: object, page: PageRequest) => store.listNodes(page),
      quarantine: (_: object, page: PageRequest) => store.listQuarantine(page),
    }
    const filters = {
      findings: { node: 'node-1', rule: 'r', severity: 'high', status: 'open', group: 'g', search: 'a' },
      containers: { node: 'node-1', pod: 'a/b', shared: 'net', search: 'a' },
      ports: { node: 'node-1', protocol: 'tcp', port: 80 },
      events: { node: 'node-1', type: 'finding', key: 'k', change: 'changed', since: 1, until: 2 },
      nodes: {},
      quarantine: {},
    } as const
    for (const [name, list] of entriesOf(lists)) {
      const { nextCursor } = await list({}, { limit: 1 })
      t.not(nextCursor, null, name)
      for (const filter of subsetsOf(filters[name])) {
        for (const cursor of [undefined, nextCursor ?? undefined]) {
          const plan = await planOf(() => list(filter, { limit: 1, cursor }))
          t.notMatch(plan, /SCAN (?!retention)|TEMP/, `${name} by ${Object.keys(filter)} ${cursor ? 'on' : ''}`)
          t.match(plan, /SEARCH/)
        }
      }
    }
  },
)

t.test('finds by the index that leaves the fewest rows to look at', async (t) => {
  const { store, planOf } = await openExplained(t.testdir())
  t.teardown(() => store.close())
  await fillTwoPages(store)

  const findings = (filter: FindingFilter) => planOf(() => store.listFindings({ status: 'open', ...filter }, PAGE))
  t.match(await findings({}), /INDEX findings_status \(status=/)
  t.match(await findings({ severity: 'high' }), /INDEX findings_status \(status=\? AND severity>/)
  t.match(await findings({ rule: 'r' }), /INDEX findings_rule \(rule=\? AND status=/)
  t.match(await findings({ group: 'g', node: 'node-1' }), /INDEX findings_group \(group_key=\? AND status=/)
  t.match(await findings({ node: 'node-1', rule: 'r' }), /INDEX findings_node \(node_id=\? AND status=/)
  const containers = (filter: ContainerFilter) => planOf(() => store.listContainers(filter, PAGE))
  t.match(await containers({ node: 'node-1' }), /INDEX state_list \(type=\? AND node_id=\?\)/)
  t.match(await containers({ pod: 'a/b', shared: 'net' }), /INDEX state_pod \(pod=\?\)/)
  t.match(await containers({ shared: 'net' }), /INDEX state_shared \(type=\?\)/)
  const ports = await planOf(() => store.listPorts({ port: 80 }, PAGE))
  t.match(ports, /INDEX state_port \(port=\?\).*INDEX state_ranges \(type=\?\)/)
  const events = (filter: EventFilter) => planOf(() => store.listEvents(filter, PAGE))
  t.match(await events({ node: 'node-1', type: 'finding', key: 'k' }), /INDEX events_row \(row_hash=/)
  t.match(await events({ node: 'node-1', type: 'finding' }), /INDEX events_node \(node_id=/)
  t.match(await events({ type: 'finding', since: 1 }), /INTEGER PRIMARY KEY/)
  t.match(await events({}), /INTEGER PRIMARY KEY/)
})

t.test('scans no table and sorts nothing on the way in', async (t) => {
  const { store, planOf } = await openExplained(t.testdir())
  t.teardown(() => store.close())
  const stream = testStream()
  const session = await begin(store, stream)
  await store.apply(session, stream.batch([putFinding('a'), putFinding('b')]))
  const batch = stream.batch([deleteFinding('a'), putFinding('b')])

  const plan = await planOf(() => store.apply(session, batch))
  t.match(plan, /SEARCH/)
  t.notMatch(plan, /SCAN|TEMP/)
})

/** A store that can tell by which plan the database answered. */
async function openExplained(folder: string) {
  const path = join(folder, 'store.sqlite')
  let queries: CompiledQuery[] = []
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(path), log: ({ query }) => void queries.push(query) })
  await new Migrator({ db, provider: migrations }).migrateToLatest()
  const store = new SqlStore({ db, clock: async () => Date.now(), announcer: ANNOUNCES_NOTHING })

  async function planOf(run: () => Promise<unknown>): Promise<string> {
    queries = []
    await run()
    const database = new DatabaseSync(path, { readOnly: true })
    const plans = queries
      .filter(({ sql }) => /^(select|update|delete)/.test(sql))
      .flatMap(({ sql, parameters }) => database.prepare(`explain query plan ${sql}`).all(...parameters.map(() => 1)))
    database.close()
    return plans.map(({ detail }) => detail).join(';')
  }

  return { store, planOf }
}

/** Two rows of everything, on two nodes. */
async function fillTwoPages(store: SqlStore): Promise<void> {
  for (const name of ['node-1', 'node-2']) {
    const stream = testStream(name)
    const session = await begin(store, stream)
    const strange = { problem: 'unknown', raw: '{}', effect: null }
    const { events, ...batch } = stream.batch([putFinding('a'), ...rowsOf()])
    const unread = { seq: batch.firstSeq + events.length, quarantined: strange }
    await store.apply(session, { ...batch, events: [...events, unread] })
  }
}

function rowsOf(): Change[] {
  const value = container()
  return [
    { op: 'put', at: TAKEN_AT, type: 'container', key: value.id, value },
    { op: 'put', at: TAKEN_AT, type: 'port', key: 'p', value: port() },
  ]
}

function entriesOf<Value extends object>(value: Value) {
  return Object.entries(value).flatMap(([name, entry]) => (isKey(value, name) ? [[name, entry] as const] : []))
}

function isKey<Value extends object>(value: Value, name: string): name is keyof Value & string {
  return name in value
}

function subsetsOf(filter: object): object[] {
  let subsets: object[] = [{}]
  for (const [name, value] of Object.entries(filter)) {
    subsets = [...subsets, ...subsets.map((subset) => ({ ...subset, [name]: value }))]
  }
  return subsets
}
