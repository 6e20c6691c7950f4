import { createHash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { t } from 'tap'
import { moveStore } from '../../../src/store/move/move-store.ts'
import { ALL_TABLES } from '../../../src/store/move/moved-tables.ts'
import { openSqliteStore } from '../../../src/store/sqlite.ts'
import { TAKEN_AT } from '../../helpers/builders.ts'
import { alter, ask, makeStore, move, openTarget, readAll } from '../../helpers/moving.ts'
import { startPostgres, whyNoPostgres } from '../../helpers/postgres.ts'
import { begin, proofOf } from '../../helpers/store.ts'
import { deleteFinding, putFinding, testStream } from '../../helpers/stream.ts'

// A server starts, which takes seconds where the machine is busy.
t.setTimeout(120_000)

t.test('a store that moves', { skip: whyNoPostgres() }, async (t) => {
  const server = await startPostgres()
  t.teardown(() => server.stop())

  t.test('is the same afterwards, and its agents go on where they were', async (t) => {
    const { path, stream, before } = await makeStore(t)
    const url = await server.createDatabase()
    const { tables, logins } = await move(path, url)
    const store = await openTarget(t, url)

    t.strictSame(await readAll(store), before)
    t.equal(logins, 1)
    t.match(
      tables.filter(({ rows }) => rows > 0).map(({ table }) => table),
      ['nodes', 'epochs', 'state', 'events', 'findings', 'quarantine', 'retention', 'agents', 'audit'],
    )
    const hello = stream.hello()
    const opened = await store.open(hello, proofOf(hello))
    t.match(opened, { outcome: 'opened', want: 'resume', enrolled: false, ackedSeq: 700 })
    if (opened.outcome !== 'opened') return
    const stored = await store.apply(opened.session, stream.batch([putFinding('later'), deleteFinding('1')]))
    t.match(stored, { outcome: 'stored', ackedSeq: 702, wantSnapshot: false })
    const { items } = await store.listEvents({ node: 'node-1' }, { limit: 2 })
    t.match(items, [{ seq: 702 }, { seq: 701 }], 'new events are numbered behind those that were moved')
    const other = testStream('node-2')
    t.match(await store.apply(await begin(store, other), other.batch([putFinding('a')])), { outcome: 'stored' })
  })

  t.test('leaves nobody connected, and no half of a snapshot', async (t) => {
    const { path } = await makeStore(t)
    alter(
      path,
      "update nodes set connected = 1, staged_parts = 1; insert into staged values (1, 'a', 'a', null, x'00')",
    )
    const url = await server.createDatabase()
    await move(path, url)

    t.strictSame(await ask(url, 'select connected, staged_parts from nodes'), [{ connected: 0, staged_parts: 0 }])
    t.strictSame(await ask(url, 'select * from staged'), [])
  })

  t.test('is refused while a collector uses it, and leaves it alone', async (t) => {
    const { path } = await makeStore(t)
    const collector = await openSqliteStore({ path, now: () => TAKEN_AT })
    t.teardown(() => collector.close())

    await t.rejects(move(path, await server.createDatabase()), { code: 'move-refused', message: /that nobody uses/ })
    t.match(await collector.readNode('node-1'), { name: 'node-1' })
  })

  t.test('cannot be opened by a collector meanwhile', async (t) => {
    const { path } = await makeStore(t)
    await moveStore({
      from: path,
      to: await server.createDatabase(),
      createHash: () => createHash('sha256'),
      onCopied: () => {
        const other = new DatabaseSync(path, { timeout: 0 })
        t.throws(() => other.prepare('select * from nodes').all(), { message: 'database is locked' })
        other.close()
      },
    })
  })

  t.test('goes into no database that holds something, and a second move of it changes nothing', async (t) => {
    const { path } = await makeStore(t)
    const url = await server.createDatabase()
    await move(path, url)
    const before = await ask(url, 'select * from events order by id')

    await t.rejects(move(path, url), { code: 'move-refused', message: /holds nothing yet, got one with nodes, / })
    t.strictSame(await ask(url, 'select * from events order by id'), before)
  })

  t.test('moves whole or not at all: after a failure it can be moved again', async (t) => {
    const { path } = await makeStore(t)
    const url = await server.createDatabase()
    alter(path, "update audit set detail = 'a' || char(0) || 'b'")
    await t.rejects(move(path, url), /^audit\.detail of row \["audit-1"\] holds a NUL/)
    t.strictSame(await ask(url, 'select * from nodes'), [])
    alter(path, "update audit set detail = 'ab'")

    t.match(await move(path, url), { tables: { length: 10 } })
  })

  t.test('moves nothing either when it fails while the server still stores what came before', async (t) => {
    const { path } = await makeStore(t)
    const url = await server.createDatabase()
    alter(
      path,
      `insert into audit (id, at, last_at, count, action, detail)
        with recursive many (n) as (select 1000 union all select n + 1 from many where n < 4000)
        select 'many-' || n, 1, 1, 1, 'refused', printf('%.*c', 1000, 'x') || iif(n = 4000, char(0), '') from many`,
    )

    for (let again = 0; again < 3; again += 1) {
      await t.rejects(move(path, url), /^audit\.detail of row \["many-4000"\] holds a NUL/)
    }
    t.strictSame(await ask(url, 'select id from audit'), [])
  })

  t.test('is not moved when the database would keep something else', async (t) => {
    const { path } = await makeStore(t)
    const url = await server.createDatabase()
    await openTarget(t, url)
    await ask(
      url,
      `create function spoil() returns trigger as 'begin new.cause := ''x''; return new; end' language plpgsql`,
    )
    await ask(url, 'create trigger spoil before insert on events for each row execute function spoil()')

    await t.rejects(move(path, url), /^events is another in the database than in the file: nothing was moved$/)
    t.strictSame(await ask(url, 'select * from events'), [])
  })

  t.test('is refused when another version wrote it', async (t) => {
    const { path } = await makeStore(t)
    const url = await server.createDatabase()
    alter(path, "insert into kysely_migration values ('9999-later', '2026')")
    await t.rejects(move(path, url), { code: 'move-refused', message: /a later one wrote it$/ })
    alter(path, "delete from kysely_migration where name >= '0002'")
    await t.rejects(move(path, url), { code: 'move-refused', message: /of an earlier one: start this version's/ })
  })

  t.test('has only tables of which is known whether they move', async (t) => {
    const url = await server.createDatabase()
    await openTarget(t, url)
    const rows = await ask(url, `select tablename as name from pg_tables where schemaname = 'public'`)

    t.strictSame(
      rows
        .map((row) => String(Reflect.get(Object(row), 'name')))
        .filter((name) => !name.startsWith('kysely_'))
        .sort(),
      [...ALL_TABLES].sort(),
    )
  })
})
