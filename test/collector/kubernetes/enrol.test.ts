import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, t } from 'tap'
import { askTokenReview } from '../../../src/collector/kubernetes/api-server.ts'
import { createTokenReviews } from '../../../src/collector/kubernetes/token-reviews.ts'
import {
  ACCOUNT,
  AUDIENCE,
  type FakeApiServer,
  FORBIDDEN,
  type Issued,
  OWN_TOKEN,
  send,
  startApiServer,
  tokenOf,
} from '../../helpers/api-server.ts'
import { credentialsOf } from '../../helpers/client.ts'
import {
  refused,
  speak,
  startTrusting,
  type TrustingCollector,
  type TrustingOptions,
  welcomed,
} from '../../helpers/trust.ts'
import { until } from '../../helpers/until.ts'

interface InCluster extends TrustingCollector {
  readonly api: FakeApiServer
}

/** A collector that takes agents by tokens of their service account. */
async function startInCluster(
  t: Test,
  given: TrustingOptions & { readonly anyNode?: boolean; readonly patienceMs?: number } = {},
): Promise<InCluster> {
  const { anyNode = false, patienceMs = 20_000, ...options } = given
  const api = await startApiServer(t)
  const server = { url: api.url, caFile: null, tokenFile: join(t.testdir({ token: OWN_TOKEN }), 'token') }
  const reviewer = createTokenReviews({
    ask: (question, signal) => askTokenReview(server, question, signal),
    expected: { audience: AUDIENCE, username: ACCOUNT, anyNode },
    now: Date.now,
    patienceMs,
  })
  return { ...(await startTrusting(t, { enrolmentToken: null, reviewer, ...options })), api }
}

const show = (enrolmentToken: string | null, secretOf?: string) => ({
  shows: { enrolmentToken, ...(secretOf === undefined ? {} : { secret: credentialsOf(secretOf).secret }) },
})

t.test('takes an agent by the token of its pod, and needs none from then on', async (t) => {
  const collector = await startInCluster(t)
  const agent = speak(t, collector, show(collector.api.issue({ node: 'node-1' })))
  await welcomed(agent)
  await agent.close(AbortSignal.timeout(5000))
  await welcomed(speak(t, collector, show(null)))

  t.equal(collector.api.asked.count, 1)
  await collector.close()
  t.match(
    collector.logText(),
    /"detail":"service account token of node node-1","agentId":"node-1".*"an agent enrolled"/,
  )
})

t.test('refuses the token of another node, and says which', async (t) => {
  const collector = await startInCluster(t)
  const thief = speak(t, collector, { agentId: 'node-2', ...show(collector.api.issue({ node: 'node-1' })) })

  t.match(await refused(collector, thief, 'wrong-node'), {
    agentId: 'node-2',
    node: 'node-2',
    detail: 'service account token of node node-1',
  })
  t.match(thief.log.lines, [[/ended the connection/, { meaning: /bound to another node/ }]])
  t.equal(await collector.store.readNode('node-2'), null)
})

t.test('names in both logs and in the audit why a token enrols nobody', async (t) => {
  const collector = await startInCluster(t)
  const made = { node: 'node-1', audience: AUDIENCE, username: ACCOUNT, expiresInS: 3600 }
  const tokens: Readonly<Record<string, string>> = {
    'wrong-token': tokenOf(made),
    'token-expired': collector.api.issue({ expiresInS: -1 }),
    'wrong-audience': collector.api.issue({ audience: 'https://kubernetes.default.svc' }),
    'wrong-account': collector.api.issue({ username: 'system:serviceaccount:nsentinel:default' }),
    'no-node-name': collector.api.issue({ node: null }),
  }
  for (const [reason, token] of Object.entries(tokens)) {
    const agent = speak(t, collector, show(token))

    t.match(await refused(collector, agent, reason), { action: 'refused', address: '127.0.0.1' })
    t.match(agent.log.lines, [['the collector refused the connection', { status: 401, meaning: String }]], reason)
    t.notMatch(collector.logText(), token)
  }
})

t.test('takes an agent whose node lost its state directory in the place of what it was', async (t) => {
  const collector = await startInCluster(t)
  const before = speak(t, collector, show(collector.api.issue()))
  await welcomed(before)
  await before.close(AbortSignal.timeout(5000))

  await refused(collector, speak(t, collector, show('a-shared-token-of-a-test', 'another disk')), 'wrong-token')
  await welcomed(speak(t, collector, show(collector.api.issue(), 'another disk')))
  await refused(collector, speak(t, collector, show(null)), 'unknown-secret')
})

t.test('refuses a copied token while its agent is connected', async (t) => {
  const collector = await startInCluster(t)
  const token = collector.api.issue()
  await welcomed(speak(t, collector, show(token)))
  const identity = { agentId: 'node-1', node: 'node-1', bootId: 'another boot', version: '0.1.0' }

  await refused(collector, speak(t, collector, { identity, ...show(token, 'thief') }), 'already-connected')
})

t.test('takes tokens that name no node where it was told to, as good as a shared one', async (t) => {
  const collector = await startInCluster(t, { anyNode: true })
  const old: Issued = { node: null }
  const agent = speak(t, collector, show(collector.api.issue(old)))
  await welcomed(agent)
  await agent.close(AbortSignal.timeout(5000))

  await refused(collector, speak(t, collector, show(collector.api.issue(old), 'thief')), 'wrong-secret')
  const other = show(collector.api.issue({ node: 'node-1' }))
  await refused(collector, speak(t, collector, { agentId: 'node-2', ...other }), 'wrong-node')
})

t.test('lets agents wait while the API server does not answer, and keeps those that it knows', async (t) => {
  const collector = await startInCluster(t)
  const known = speak(t, collector, show(collector.api.issue()))
  await welcomed(known)
  await known.close(AbortSignal.timeout(5000))
  collector.api.answerBy((_, response) => response.destroy())
  await welcomed(speak(t, collector, show(collector.api.issue())))

  const token = collector.api.issue({ node: 'node-2' })
  const newcomer = speak(t, collector, { agentId: 'node-2', ...show(token), sleep: async () => {} })
  t.match(await refused(collector, newcomer, 'review-unavailable'), { detail: /ECONNRESET|hang up/ })
  t.match(newcomer.log.lines, [['the collector refused the connection', { status: 503, meaning: /try again/ }]])
  collector.api.answerBy((_, response) => send(response, 403, FORBIDDEN))
  await until(() => (collector.api.asked.count > 20 ? true : undefined))
  collector.api.answerBy(null)
  await welcomed(newcomer)
  t.ok(newcomer.log.lines.every(([, fields]) => Reflect.get(fields, 'status') !== 429))
})

t.test('tells an agent to come again before it loses patience with an API server that hangs', async (t) => {
  const collector = await startInCluster(t, { patienceMs: 100 })
  collector.api.answerBy(() => {})
  const agent = speak(t, collector, show(collector.api.issue()))

  t.match(await refused(collector, agent, 'review-unavailable'), { detail: 'no answer in 100 ms' })
})

t.test('says in its log what it lacks to ask', async (t) => {
  const collector = await startInCluster(t)
  collector.api.answerBy((_, response) => send(response, 403, FORBIDDEN))
  const agent = speak(t, collector, show(collector.api.issue()))

  const { detail } = await refused(collector, agent, 'review-unavailable')
  t.match(detail, /^the API server answered 403: tokenreviews.authentication.k8s.io is forbidden/)
})

t.test('takes a shared token beside, when it has one, without asking', async (t) => {
  const collector = await startInCluster(t, { enrolmentToken: 'an-enrolment-token-of-a-test' })
  await welcomed(speak(t, collector))

  t.equal(collector.api.asked.count, 0)
})

t.test('keeps no token in its store, and logs none', async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  const collector = await startInCluster(t, { store })
  const token = collector.api.issue()
  await welcomed(speak(t, collector, show(token)))
  await collector.close()

  t.notOk(readFileSync(store).includes(token))
  t.notMatch(collector.logText(), token)
  t.notMatch(collector.logText(), OWN_TOKEN)
})
