import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { nsentinel, nsentinelHere } from '../helpers/cli.ts'
import { API, collect, ENROLMENT, type StartedCollector } from '../helpers/collect.ts'
import { startPostgres, whyNoPostgres } from '../helpers/postgres.ts'
import { launch, type Running } from '../helpers/running.ts'
import { until } from '../helpers/until.ts'

// A server, collectors and agents start, each of which takes seconds where the machine is busy.
t.setTimeout(240_000)

t.test(
  'moves a collector to PostgreSQL: its agent resumes, its tokens are good',
  { skip: whyNoPostgres() },
  async (t) => {
    const server = await startPostgres()
    t.teardown(() => server.stop())
    const folder = t.testdir({})
    const [store, urlFile] = [join(folder, 'store.db'), join(folder, 'database-url')]
    writeFileSync(urlFile, await server.createDatabase())
    const migrate = () =>
      nsentinel([
        'collector',
        'migrate',
        '--from',
        'sqlite',
        '--to',
        'postgres',
        '--store',
        store,
        '--database-url-file',
        urlFile,
      ])
    const before = await collect(t, ['--store', store])
    const agent = startAgent(t, before, folder)
    await agent.says(/"want":"snapshot".*"msg":"connected to the collector"/)
    const { stdout: token } = await nsentinelHere(['collector', 'token', 'create', 'ci', '--store', store])
    await until(async () => ((await eventsOf(before)).length > 0 ? true : undefined))
    t.match(await migrate(), {
      exitCode: 2,
      stderr: /^nsentinel: expected a store that nobody uses, got .*: stop its col/,
    })
    await agent.end('SIGTERM')
    const [events, findings] = [await eventsOf(before), await before.api('findings?limit=1000')]
    await before.end('SIGTERM')

    const moved = await migrate()
    t.match(moved, { exitCode: 0, stderr: '' })
    t.match(moved.stdout, /^events +\d+ rows {2}sha256 [0-9a-f]{16}$/m)
    t.match(moved.stdout, /^moved \S+store\.db to postgres:\/\/\S+: \d+ rows were read back and are the same$/m)
    const after = await collect(t, ['--database-url-file', urlFile])
    t.strictSame(await eventsOf(after), events)
    t.strictSame(await after.api('findings?limit=1000'), findings)
    const answer = await fetch(`${after.origin}/api/v1/nodes`, { headers: { authorization: `Bearer ${token}` } })
    t.equal(answer.status, 200)
    await answer.arrayBuffer()
    const again = startAgent(t, after, folder)
    await again.says(/"want":"resume".*"msg":"connected to the collector"/)
    await again.says(/"msg":"scan"/)
    await again.end('SIGTERM')
    const later = await eventsOf(after)
    t.strictSame(later.slice(later.length - events.length), events)
    t.equal(later.filter(({ change }) => change === 'resync').length, 1, 'no second snapshot')
    t.match(await migrate(), { exitCode: 2, stderr: /expected a database that holds nothing yet, got one with nodes/ })
  },
)

t.test('says which side is not as it must be', async (t) => {
  const folder = t.testdir({
    'database-url': 'postgres://anna:hunter2@/x?host=/nonexistent',
    text: 'no database, but long enough to be taken for one'.repeat(100),
    'empty.db': '',
  })
  const migrate = (name: string, ...more: readonly string[]) =>
    nsentinelHere(['collector', 'migrate', '--store', join(folder, name), ...more])
  const target = ['--database-url-file', join(folder, 'database-url')]

  t.match(await nsentinelHere(['collector', 'migrate', ...target]), { exitCode: 2, stderr: /--store .*is missing/ })
  t.match(await migrate('empty.db'), {
    exitCode: 2,
    stderr: /--database-url-file \(or NSENTINEL_DATABASE_URL\) is missing: expected a file that/,
  })
  t.match(await migrate('none.db', ...target), { exitCode: 2, stderr: /--store: expected the file of a store, got / })
  t.match(await migrate('text', ...target), {
    exitCode: 2,
    stderr: /expected a store, got \S+text: it is no SQLite file/,
  })
  t.match(await migrate('empty.db', ...target), {
    exitCode: 2,
    stderr: /expected a store, got .*: no collector has used/,
  })
  const collector = await collect(t, ['--store', join(folder, 'store.db')])
  await collector.end('SIGTERM')
  const unreachable = await migrate('store.db', ...target)
  t.match(unreachable, { exitCode: 3, stderr: /^nsentinel: could not read the PostgreSQL database: connect ENOENT/ })
  t.notMatch(unreachable.stderr, /hunter2/)
})

function startAgent(t: Test, { origin }: StartedCollector, folder: string): Running {
  const args = [
    '--collector',
    origin.replace('http', 'ws'),
    '--node-name',
    'kept',
    '--state-dir',
    join(folder, 'state'),
  ]
  return launch(t, ['agent', ...args], { NSENTINEL_TOKEN: ENROLMENT })
}

interface ShownEvent {
  readonly seq: number
  readonly change: string
}

async function eventsOf({ origin }: StartedCollector): Promise<readonly ShownEvent[]> {
  const answer = await fetch(`${origin}/api/v1/events?limit=1000`, { headers: { authorization: `Bearer ${API}` } })
  const page: { readonly items: readonly ShownEvent[] } = JSON.parse(await answer.text())
  return page.items
}
