import { join } from 'node:path'
import { t } from 'tap'
import { nsentinel } from '../helpers/cli.ts'
import { startPostgres, whyNoPostgres } from '../helpers/postgres.ts'
import { putFinding } from '../helpers/stream.ts'
import { refused, speak, startTrusting, welcomed } from '../helpers/trust.ts'
import { until } from '../helpers/until.ts'

// A server and two collectors start, which takes seconds where the machine is busy.
t.setTimeout(120_000)

t.test('two collectors of one database show what either takes in', { skip: whyNoPostgres() }, async (t) => {
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const store = await server.createDatabase()
  const [first, second] = [await startTrusting(t, { store }), await startTrusting(t, { store })]
  await welcomed(speak(t, first, { agentId: 'node-1' }))
  await welcomed(speak(t, second, { agentId: 'node-2' }))

  for (const { store } of [first, second]) {
    const { items } = await store.listNodes({ limit: 10 })
    t.match(items, [
      { name: 'node-1', status: 'online' },
      { name: 'node-2', status: 'online' },
    ])
  }
})

t.test(
  'of two processes with one identity the first one speaks, whichever collector they come to',
  { skip: whyNoPostgres() },
  async (t) => {
    const server = await startPostgres()
    t.teardown(() => server.stop())
    const store = await server.createDatabase()
    const [first, second] = [await startTrusting(t, { store }), await startTrusting(t, { store })]
    const agent = speak(t, first)
    await welcomed(agent)
    const identity = { agentId: 'node-1', node: 'node-1', bootId: 'another boot', version: '0.1.0' }

    t.match(await refused(second, speak(t, second, { identity }), 'already-connected'), { agentId: 'node-1' })
    agent.publish([putFinding('second')])
    await welcomed(agent)
    await agent.close(AbortSignal.timeout(10_000))
    await until(async () => ((await second.store.readNode('node-1'))?.status === 'late' ? true : undefined))
    await welcomed(speak(t, second, { identity }))
    t.match(await first.store.readNode('node-1'), { status: 'online', bootId: 'another boot' })
  },
)

t.test('names the flag of an address that is none, and never what it holds', async (t) => {
  const file = join(t.testdir({ 'database-url': 'mysql://user:hunter2@db/nsentinel' }), 'database-url')
  const wrong = await nsentinel(['collector', '--database-url-file', file])

  t.match(wrong, { exitCode: 2, stderr: /^nsentinel: --database-url-file: expected an address such as postgres:/ })
  t.notMatch(wrong.stderr, /hunter2/)
  t.match(await nsentinel(['collector', '--database-url-file', '/nonexistent']), {
    exitCode: 2,
    stderr: /^nsentinel: --database-url-file: expected a file that holds an address, got \/nonexistent/,
  })
})

t.test('takes one place to keep everything, not two', async (t) => {
  const folder = t.testdir({ 'database-url': 'postgres://db/nsentinel' })
  const places = ['--store', join(folder, 'a.db'), '--database-url-file', join(folder, 'database-url')]

  t.match(await nsentinel(['collector', ...places]), {
    exitCode: 2,
    stderr: /^nsentinel: --store: expected one place to keep everything, got --database-url-file too/,
  })
})
