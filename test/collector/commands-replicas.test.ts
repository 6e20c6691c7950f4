import { Client } from 'pg'
import { type Test, t } from 'tap'
import { openPostgresStore } from '../../src/store/postgres.ts'
import { report } from '../helpers/builders.ts'
import { ask, commandsIn, connectHostile, doer, OPERATOR } from '../helpers/commanding.ts'
import { type Postgres, startPostgres, whyNoPostgres } from '../helpers/postgres.ts'
import { openSession } from '../helpers/store.ts'
import { testStream } from '../helpers/stream.ts'
import { speak, startTrusting, welcomed } from '../helpers/trust.ts'
import { until } from '../helpers/until.ts'

// A server and two collectors start, which takes seconds where the machine is busy.
t.setTimeout(180_000)

t.test('an operator and an agent at two collectors of one database', { skip: whyNoPostgres() }, async (t) => {
  const server: Postgres = await startPostgres()
  t.teardown(() => server.stop())
  /** The operator's collector, and the one to which agents connect. */
  const start = async (t: Test) => {
    const database = await server.createDatabase()
    const given = { store: database, apiTokens: [OPERATOR] }
    return { database, asked: await startTrusting(t, given), agents: await startTrusting(t, given) }
  }

  t.test('what is asked comes to the agent, and its answer back, however large', async (t) => {
    const { asked, agents } = await start(t)
    const policyHash = '"\u{1f600}'.repeat(500_000)
    const does = doer({ carryOut: async () => report({ policyHash }) })
    await welcomed(speak(t, agents, { doer: does }))

    const { status, body } = await ask(asked, 'node-1', { command: 'probe', ports: [{ port: 80 }] })
    t.match({ status, body }, { status: 502, body: { code: 'bad-reply' } }, 'a report is no answer to a probe')
    t.strictSame(does.asked, [{ command: 'probe', ports: [{ port: 80, protocol: 'tcp' }] }])
    const scan = await ask(asked, 'node-1', { command: 'scan' })
    t.equal(scan.status, 200)
    t.ok(JSON.stringify(scan.body).includes(JSON.stringify(policyHash)))
    const entries = await commandsIn(asked.store, 2)
    t.strictSame(entries.map(({ reason }) => reason).toSorted(), ['bad-reply', 'done'])
    t.strictSame([...new Set(entries.map(({ agentId }) => agentId))], ['node-1'], 'the audit says who was asked')
  })

  t.test('what the agent refuses, and what it does not answer in time, is told truly', async (t) => {
    const { asked, agents } = await start(t)
    await welcomed(speak(t, agents, { agentId: 'closed', doer: doer({ allowed: [] }) }))
    await connectHostile(t, agents, 'mute')

    t.match(await ask(asked, 'closed', { command: 'scan' }), { status: 409, body: { code: 'command-refused' } })
    t.match(await ask(asked, 'mute', { command: 'scan' }, { timeoutMs: 1000 }), {
      status: 504,
      body: { code: 'timed-out', title: 'the agent did not answer in time' },
    })
    t.match(await ask(asked, 'nobody', { command: 'scan' }), { status: 404, body: { code: 'not-found' } })
  })

  t.test('an agent that no collector has is not connected, whatever the database says', async (t) => {
    const { asked, database } = await start(t)
    const ignore = () => undefined
    const died = await openPostgresStore({
      ...{ url: database, maxConnections: 1 },
      ...{ onChanged: ignore, onMissed: ignore, onTrouble: ignore },
    })
    t.teardown(() => died.close())
    await openSession(died, testStream().hello())

    t.match(await asked.store.readNode('node-1'), { status: 'online' })
    t.match(await ask(asked, 'node-1', { command: 'scan' }), {
      status: 409,
      body: { code: 'not-connected', title: "no collector has a connection of the node's agent" },
    })
  })

  t.test('the end of the collector that has the agent is the end of the command, at once', async (t) => {
    const { asked, agents } = await start(t)
    const agent = await connectHostile(t, agents, 'node-1')
    const answer = ask(asked, 'node-1', { command: 'scan' })
    await agent.command()
    const [, outcome] = await Promise.all([agents.close(), answer])

    t.match(outcome, { status: 502, body: { code: 'agent-lost' } })
  })

  t.test('an answer is found though the news of it is lost', async (t) => {
    const { asked, agents, database } = await start(t)
    const agent = await connectHostile(t, agents, 'node-1')
    const answer = ask(asked, 'node-1', { command: 'scan' })
    const { id } = await agent.command()
    const client = new Client({ connectionString: database })
    await client.connect()
    t.teardown(() => client.end())
    const end =
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'nsentinel listener' and datname = current_database()"
    t.equal((await client.query(end)).rowCount, 2)
    agent.send({ type: 'reply', id, status: 'failed', reason: 'heard all the same' })

    t.match(await answer, { status: 502, body: { code: 'command-failed', title: 'heard all the same' } })
  })

  t.test('an answer comes though the database was stopped and started meanwhile', async (t) => {
    const { asked, agents } = await start(t)
    const agent = await connectHostile(t, agents, 'node-1')
    const answer = ask(asked, 'node-1', { command: 'scan' }, { timeoutMs: 60_000 })
    const { id } = await agent.command()
    await server.halt('immediate')
    agent.send({ type: 'reply', id, status: 'failed', reason: 'told when it was back' })
    await until(() => (agents.logText().includes('could not leave an answer') ? true : undefined))
    await server.start()

    t.match(await answer, { status: 502, body: { code: 'command-failed', title: 'told when it was back' } })
  })

  t.test('nothing is asked as long as the audit cannot be kept', async (t) => {
    const { asked } = await start(t)
    const does = doer()
    await welcomed(speak(t, asked, { doer: does }))
    await server.halt('immediate')
    const answer = await ask(asked, 'node-1', { command: 'scan' }, { timeoutMs: 1000 })
    await server.start()

    t.match(answer, { status: 504, body: { code: 'timed-out', title: /^nothing was asked/ } })
    t.equal(does.asked.length, 0)
    t.match(await commandsIn(asked.store, 1), [{ reason: 'timed-out' }])
  })
})
