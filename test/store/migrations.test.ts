import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { t } from 'tap'
import { stream as firstStep } from '../../src/store/migrations/0001-stream.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { nodeSqliteDialect } from '../../src/store/sqlite-dialect.ts'
import { finding } from '../helpers/builders.ts'

t.test('brings the history of an older version along, in its order', async (t) => {
  const path = join(t.testdir(), 'store.sqlite')
  await makeFirstVersion(path)

  const store = await openSqliteStore({ path, now: () => 100 })
  t.teardown(() => store.close())
  const { items } = await store.listEvents({ node: 'node-1' }, { limit: 10 })

  t.match(
    items.map(({ change, key, seq, epoch }) => [epoch, seq, change, key]),
    [
      ['e2', 1, 'appeared', 'a'],
      ['e1', 3, 'disappeared', 'a'],
      ['e1', 2, 'changed', 'a'],
      ['e1', 1, 'appeared', 'a'],
      ['e1', 0, 'resync', null],
    ],
  )
  t.equal((await store.listEvents({ node: 'node-1', type: 'finding', key: 'a' }, { limit: 10 })).items.length, 4)
  t.match(await store.readNode('node-1'), { historySince: 7 })
})

async function makeFirstVersion(path: string): Promise<void> {
  const db = new Kysely<unknown>({ dialect: nodeSqliteDialect(path) })
  const provider = { getMigrations: async () => ({ '0001-stream': firstStep }) }
  await new Migrator({ db, provider }).migrateToLatest()
  await db.destroy()
  const database = new DatabaseSync(path)
  database.exec(`
    insert into nodes (id, name, agent_id, agent_version, boot_id, session, connected, last_seen_at, clock_offset_ms,
      acked_seq, digest, staged_parts, staged_seq, quarantined, digest_mismatches, spool_regressions)
    values (1, 'node-1', 'agent-1', '0.1.0', 'b', 1, 0, 9, 0, 3, x'00', 0, 0, 0, 0, 0);
    insert into epochs values (1, 1, 'e1', 7), (2, 1, 'e2', 8);
  `)
  const insert = database.prepare('insert into events values (?, ?, ?, 7, 7, ?, ?, ?, ?, null)')
  const value = JSON.stringify(finding())
  insert.run(2, 1, 0, 'put', 'finding', 'a', value)
  insert.run(1, 2, 0, 'put', 'finding', 'a', value)
  insert.run(1, 1, 0, 'put', 'finding', 'a', value)
  insert.run(1, 0, 1, 'resync', '', '', '{"folded":0,"changed":0}')
  insert.run(1, 3, 0, 'delete', 'finding', 'a', null)
  database.close()
}
