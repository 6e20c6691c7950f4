import { join } from 'node:path'
import { t } from 'tap'
import { report } from '../helpers/builders.ts'
import { ask, commandsIn, connectHostile, doer, makeToken, OPERATOR } from '../helpers/commanding.ts'
import { audited, speak, startTrusting, welcomed } from '../helpers/trust.ts'
import { until } from '../helpers/until.ts'

const apiTokens = [OPERATOR]

t.test('brings what an operator asks to the agent, and gives what it answers', async (t) => {
  const collector = await startTrusting(t, { apiTokens })
  const does = doer()
  await welcomed(speak(t, collector, { doer: does }))

  t.match(await ask(collector, 'node-1', { command: 'scan' }), {
    status: 200,
    body: { node: 'node-1', command: 'scan', result: { version: 1, node: { name: 'node-1' } } },
  })
  t.strictSame(does.asked, [{ command: 'scan' }])
})

t.test('answers a viewer 403, and asks the agent nothing', async (t) => {
  const path = join(t.testdir({}), 'kept.db')
  const collector = await startTrusting(t, { store: path })
  const does = doer()
  await welcomed(speak(t, collector, { doer: does }))
  const place = { kind: 'sqlite', path } as const
  const [viewer, operator] = [await makeToken(t, place, 'v', 'viewer'), await makeToken(t, place, 'o', 'operator')]

  t.match(await ask(collector, 'node-1', { command: 'scan' }, { token: viewer }), {
    status: 403,
    body: { code: 'forbidden' },
  })
  t.match(await ask(collector, 'node-1', { command: 'scan' }, { token: 'nobody-s-token-at-all' }), { status: 401 })
  t.equal(does.asked.length, 0)
  t.match(await ask(collector, 'node-1', { command: 'scan' }, { token: operator }), { status: 200 })
  const forbidden = await until(async () => {
    const { items } = await collector.store.listAudit({ limit: 100 })
    return items.find(({ action }) => action === 'forbidden')
  })
  const detail = 'POST /api/v1/nodes/:name/commands, by token v'
  t.match(forbidden, { reason: 'takes-operator', address: '127.0.0.1', detail, count: 1 })
})

t.test('keeps one entry for each command in the audit: who asked which node for what, and how it ended', async (t) => {
  const path = join(t.testdir({}), 'kept.db')
  const collector = await startTrusting(t, { store: path, apiTokens })
  const operator = await makeToken(t, { kind: 'sqlite', path }, 'mary', 'operator')
  await welcomed(speak(t, collector, { doer: doer({ allowed: ['scan'] }) }))

  await ask(collector, 'node-1', { command: 'scan' }, { token: operator })
  await ask(collector, 'node-1', { command: 'triage' })
  const entries = await commandsIn(collector.store, 2)
  t.equal(entries.length, 2)
  t.match(
    entries.find(({ reason }) => reason === 'done'),
    { node: 'node-1', agentId: 'node-1', address: '127.0.0.1', count: 1, detail: /^scan, by token mary$/ },
  )
  t.match(
    entries.find(({ reason }) => reason === 'refused'),
    { detail: /^triage, by a token of the configuration: the agent allows scan only$/ },
  )
  t.match(collector.logText(), /"status":"done","tookMs":\d+,"msg":"an operator asked a node"/)
})

t.test('says at once that nobody can be asked', async (t) => {
  const collector = await startTrusting(t, { apiTokens })
  const agent = speak(t, collector, { doer: doer() })
  await welcomed(agent)
  await agent.close(AbortSignal.abort())
  await until(async () => ((await collector.store.readNode('node-1'))?.status === 'late' ? true : undefined))

  t.match(await ask(collector, 'node-1', { command: 'scan' }), { status: 409, body: { code: 'not-connected' } })
  t.match(await ask(collector, 'node-2', { command: 'scan' }), { status: 404, body: { code: 'not-found' } })
})

t.test('refuses a command that is none before any agent sees it', async (t) => {
  const collector = await startTrusting(t, { apiTokens })
  const does = doer()
  await welcomed(speak(t, collector, { doer: does }))

  for (const command of [
    {},
    { command: 'exec' },
    { command: 'probe' },
    { command: 'probe', ports: [] },
    { command: 'probe', ports: [{ port: 0 }] },
    { command: 'probe', ports: [{ port: 65_536 }] },
    { command: 'probe', ports: [{ port: 80, protocol: 'sctp' }] },
    { command: 'probe', ports: Array.from({ length: 65 }, () => ({ port: 80 })) },
    { command: 'triage', container: '' },
    { command: 'triage', container: 'web', pod: 'a/b' },
    { command: 'triage', pid: 0 },
    { command: 'triage', container: 'a'.repeat(257) },
  ]) {
    t.match(await ask(collector, 'node-1', command), { status: 400 }, JSON.stringify(command))
  }
  t.match(await ask(collector, 'node-1', { command: 'scan' }, { timeoutMs: 60_001 }), { status: 400 })
  t.equal(does.asked.length, 0)
})

t.test('tells of an agent that knows no commands, or allows none, without asking it', async (t) => {
  const collector = await startTrusting(t, { apiTokens })
  await connectHostile(t, collector, 'old', {})
  await connectHostile(t, collector, 'closed', { commands: [] })
  await connectHostile(t, collector, 'strange', { commands: ['probe', '<b>reboot</b>'] })

  const titles = { old: /version that takes no commands/, closed: /allows no commands/, strange: /allows probe only$/ }
  for (const [node, title] of Object.entries(titles)) {
    t.match(await ask(collector, node, { command: 'scan' }), { status: 409, body: { code: 'command-refused', title } })
  }
})

t.test('tells truly what went wrong at the agent', async (t) => {
  const collector = await startTrusting(t, { apiTokens })
  const fails = async () => {
    throw new Error('nothing can be read')
  }
  const hangs = () => new Promise<never>(() => undefined)
  const isLarge = async () => report({ policyHash: 'x'.repeat(9 * 1024 * 1024) })
  const ways = { fails, hangs, 'is-large': isLarge }
  for (const [node, carryOut] of Object.entries(ways)) {
    await welcomed(speak(t, collector, { agentId: node, doer: doer({ carryOut }) }))
  }

  const problems = {
    fails: { status: 502, body: { code: 'command-failed', title: 'nothing can be read' } },
    hangs: { status: 504, body: { code: 'timed-out', title: 'the deadline passed' } },
    'is-large': {
      status: 502,
      body: { code: 'reply-too-large', title: /^the result has \d+ bytes, expected 8388608$/ },
    },
  }
  for (const [node, problem] of Object.entries(problems)) {
    t.match(await ask(collector, node, { command: 'scan' }, { timeoutMs: 1000 }), problem, node)
  }
})

t.test('gives a large result whole, and the agent is not slowed down for it', async (t) => {
  const collector = await startTrusting(t, { apiTokens })
  const policyHash = '"\u{1f600}'.repeat(1_000_000)
  const agent = speak(t, collector, { doer: doer({ carryOut: async () => report({ policyHash }) }) })
  await welcomed(agent)

  const { status, body } = await ask(collector, 'node-1', { command: 'scan' })
  t.equal(status, 200)
  t.ok(JSON.stringify(body).includes(JSON.stringify(policyHash)))
  t.notMatch(collector.logText(), /slowing an agent down/)
})

t.test('says that the agent is gone when its connection ends before it has answered', async (t) => {
  const collector = await startTrusting(t, { apiTokens })
  const agent = await connectHostile(t, collector, 'node-1')
  const asked = ask(collector, 'node-1', { command: 'scan' })
  await agent.command()
  agent.socket.terminate()

  t.match(await asked, { status: 502, body: { code: 'agent-lost' } })
  t.match(await commandsIn(collector.store, 1), [{ reason: 'lost' }])
})

t.test('lets one operator ask so often only, and another one still', async (t) => {
  const path = join(t.testdir({}), 'kept.db')
  const collector = await startTrusting(t, { store: path, apiTokens })
  const other = await makeToken(t, { kind: 'sqlite', path }, 'mary', 'operator')
  await connectHostile(t, collector, 'node-1', {})
  for (let count = 0; count < 10; count += 1) await ask(collector, 'node-1', { command: 'scan' })

  const refused = await ask(collector, 'node-1', { command: 'scan' })
  t.match(refused, { status: 429, body: { code: 'too-many-commands' } })
  t.match(refused.retryAfter, /^[123]$/)
  t.match(await ask(collector, 'node-1', { command: 'scan' }, { token: other }), { status: 409 })
  t.match(await audited(collector, 'too-many'), { action: 'commanded', node: 'node-1' })
})
