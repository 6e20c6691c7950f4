import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { t } from 'tap'
import { credentialsOf } from '../helpers/client.ts'
import { putFinding } from '../helpers/stream.ts'
import { refused, speak, startTrusting, type TrustingCollector, welcomed } from '../helpers/trust.ts'

const namesIn = async ({ store }: TrustingCollector) =>
  (await store.listNodes({ limit: 100 })).items.map(({ name }) => name)

t.test('stores nothing of an agent with a wrong token, and says so on both ends', async (t) => {
  const collector = await startTrusting(t)
  const client = speak(t, collector, { shows: { enrolmentToken: 'another-token-of-a-test' } })

  t.match(await refused(collector, client, 'wrong-token'), { action: 'refused', address: '127.0.0.1', count: 1 })
  t.match(client.log.lines, [['the collector refused the connection', { status: 401, meaning: /token/ }]])
  t.strictSame(await namesIn(collector), [])
})

t.test('refuses an agent that shows neither token nor a known secret', async (t) => {
  const collector = await startTrusting(t)

  await refused(collector, speak(t, collector, { shows: { enrolmentToken: null } }), 'unknown-secret')
  await refused(collector, speak(t, collector, { shows: { secret: 'guess' } }), 'weak-secret')
  t.strictSame(await namesIn(collector), [])
})

t.test('refuses a stolen agent id while its agent is connected, silent or gone, and does not disturb it', async (t) => {
  const collector = await startTrusting(t)
  const agent = speak(t, collector)
  await welcomed(agent)
  const thief = () => speak(t, collector, { shows: credentialsOf('thief', { enrolmentToken: 'x' }) })
  const { agentId, node } = await refused(collector, speak(t, collector, withSecretOf('thief')), 'wrong-secret')
  t.strictSame([agentId, node], ['node-1', 'node-1'])
  await refused(collector, thief(), 'wrong-token')

  agent.publish([putFinding('second')])
  await welcomed(agent)
  await agent.close(AbortSignal.timeout(5000))
  const late = speak(t, collector, withSecretOf('late thief'))
  await refused(collector, late, 'wrong-secret')
  t.notOk(late.spool.isDrained)
  t.match((await collector.store.readNode('node-1'))?.openFindings, { high: 2 })
})

t.test('refuses an agent that speaks for the node of another', async (t) => {
  const collector = await startTrusting(t)
  await welcomed(speak(t, collector))
  const thief = speak(t, collector, { agentId: 'thief', node: 'node-1' })

  t.match(await refused(collector, thief, 'node-taken'), { agentId: 'thief', node: 'node-1' })
  t.strictSame((await collector.store.readNode('node-1'))?.agentId, 'node-1')
})

t.test('refuses a copied state directory under another name', async (t) => {
  const collector = await startTrusting(t)
  await welcomed(speak(t, collector))

  await refused(collector, speak(t, collector, { agentId: 'node-2', ...withSecretOf('node-1') }), 'wrong-identity')
  t.strictSame(await namesIn(collector), ['node-1'])
})

t.test('fences a copied identity: of two processes that live the first one speaks', async (t) => {
  const collector = await startTrusting(t)
  const agent = speak(t, collector)
  await welcomed(agent)
  const identity = { agentId: 'node-1', node: 'node-1', bootId: 'another boot', version: '0.1.0' }
  const copy = speak(t, collector, { identity })

  t.match(await refused(collector, copy, 'already-connected'), { agentId: 'node-1', address: '127.0.0.1' })
  agent.publish([putFinding('second')])
  await welcomed(agent)
})

t.test('knows an agent without the token, after the token was rotated and the collector restarted', async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  const before = await startTrusting(t, { store })
  await welcomed(speak(t, before))
  await before.close()
  const collector = await startTrusting(t, { store, enrolmentToken: 'a-rotated-token-of-a-test' })

  await welcomed(speak(t, collector, { shows: { enrolmentToken: null } }))
  await refused(collector, speak(t, collector, { agentId: 'node-2' }), 'wrong-token')
  await welcomed(speak(t, collector, { agentId: 'node-3', shows: { enrolmentToken: 'a-rotated-token-of-a-test' } }))
})

t.test('takes the agent that it runs itself in the place of the one before, and no other', async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  const secretOf = (name: string) => credentialsOf(name).secret
  const before = await startTrusting(t, { store, enrolmentToken: null, childSecret: secretOf('first child') })
  await welcomed(speak(t, before, withSecretOf('first child')))
  await before.close()
  const collector = await startTrusting(t, { store, enrolmentToken: null, childSecret: secretOf('second child') })

  const orphan = speak(t, collector, { ...withSecretOf('first child'), agentId: 'node-2' })
  await refused(collector, orphan, 'wrong-identity')
  await welcomed(speak(t, collector, withSecretOf('second child')))
  const shows = { secret: secretOf('first child'), enrolmentToken: null }
  await refused(collector, speak(t, collector, { shows }), 'unknown-secret')
})

t.test('keeps no secret in its store, and logs none', async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  const collector = await startTrusting(t, { store })
  await welcomed(speak(t, collector))
  await refused(collector, speak(t, collector, withSecretOf('thief')), 'wrong-secret')
  await collector.close()
  const { secret } = credentialsOf('node-1')

  t.notOk(readFileSync(store).includes(secret))
  t.notMatch(collector.logText(), secret)
  t.notMatch(collector.logText(), credentialsOf('thief').secret)
})

function withSecretOf(name: string) {
  return { shows: { secret: credentialsOf(name).secret } }
}
