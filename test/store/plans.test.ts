import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type CompiledQuery, Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { t } from 'tap'
import { migrations } from '../../src/store/migrations/index.ts'
import { SqlStore } from '../../src/store/sql-store.ts'
import { nodeSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import type { Tables } from '../../src/store/tables.ts'
import { begin } from '../helpers/store.ts'
import { deleteFinding, putFinding, testStream } from '../helpers/stream.ts'

const PAGE = { limit: 10 }

t.test('answers every filter by an index, in the order of the list', async (t) => {
  const { store, planOf } = await openExplained(t.testdir())
  t.teardown(() => store.close())
  await begin(store, testStream())

  const findings = (filter: Parameters<typeof store.listFindings>[0]) =>
    planOf('findings', () => store.listFindings(filter, PAGE))
  t.match(await findings({}), /INDEX findings_list/)
  t.match(await findings({ severity: 'high' }), /INDEX findings_list \(severity>/)
  t.match(await findings({ status: 'open' }), /INDEX findings_status \(status=/)
  t.match(await findings({ rule: 'r' }), /INDEX findings_rule \(rule=/)
  t.match(await findings({ group: 'g' }), /INDEX findings_group \(group_key=/)
  t.match(await findings({ node: 'node-1', status: 'open' }), /INDEX findings_node \(node_id=\? AND status=/)

  const containers = (filter: Parameters<typeof store.listContainers>[0]) =>
    planOf('state', () => store.listContainers(filter, PAGE))
  t.match(await containers({}), /^SEARCH state USING INDEX state_list \(type=\?\)$/)
  t.match(await containers({ node: 'node-1' }), /^SEARCH state USING INDEX state_list \(type=\? AND node_id=\?\)$/)
  t.match(await containers({ pod: 'a/b' }), /^SEARCH state USING INDEX state_pod \(pod=\?\)$/)
  t.match(await containers({ shared: 'net' }), /^SEARCH state USING INDEX state_shared \(type=\?\)$/)

  const ports = await planOf('state', () => store.listPorts({ port: 80 }, PAGE))
  t.match(ports, /^SEARCH state USING INDEX state_port \(port=\?\);SEARCH state USING INDEX state_ranges \(type=\?\)$/)
})

t.test('scans no table and sorts nothing on the way in', async (t) => {
  const { store, planOf } = await openExplained(t.testdir())
  t.teardown(() => store.close())
  const stream = testStream()
  const session = await begin(store, stream)
  await store.apply(session, stream.batch([putFinding('a'), putFinding('b')]))
  const batch = stream.batch([deleteFinding('a'), putFinding('b')])

  const plan = await planOf('', () => store.apply(session, batch))
  t.match(plan, /SEARCH/)
  t.notMatch(plan, /SCAN|TEMP/)
})

/** A store that can tell by which plan the database answered. */
async function openExplained(folder: string) {
  const path = join(folder, 'store.sqlite')
  let queries: CompiledQuery[] = []
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(path), log: ({ query }) => void queries.push(query) })
  await new Migrator({ db, provider: migrations }).migrateToLatest()
  const store = new SqlStore(db, Date.now)

  async function planOf(table: string, run: () => Promise<unknown>): Promise<string> {
    queries = []
    await run()
    const database = new DatabaseSync(path, { readOnly: true })
    const plans = queries
      .filter(({ sql }) => /^(select|update|delete)/.test(sql) && (table === '' || sql.includes(` from "${table}" `)))
      .flatMap(({ sql, parameters }) => database.prepare(`explain query plan ${sql}`).all(...parameters.map(() => 1)))
    database.close()
    return plans.map(({ detail }) => detail).join(';')
  }

  return { store, planOf }
}
