import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { TokenQuestion } from '../../../src/collector/kubernetes/api-server.ts'
import { createTokenReviews } from '../../../src/collector/kubernetes/token-reviews.ts'
import { ACCOUNT, AUDIENCE, type Issued, tokenOf } from '../../helpers/api-server.ts'

const expected = { audience: AUDIENCE, username: ACCOUNT, anyNode: false }
const FROM = '192.0.2.1'
const make = (given: Issued = {}) =>
  tokenOf({ node: 'node-1', audience: AUDIENCE, username: ACCOUNT, expiresInS: 3600, ...given })

const accepted = {
  kind: 'TokenReview',
  status: {
    authenticated: true,
    audiences: [AUDIENCE],
    user: { username: ACCOUNT, extra: { 'authentication.kubernetes.io/node-name': ['node-1'] } },
  },
}
const refused = { kind: 'TokenReview', status: { error: 'invalid bearer token' } }

/** Reviews by an API server that answers what it is told, and a clock that stands. */
function startReviews(answer: (question: TokenQuestion, signal: AbortSignal) => Promise<unknown>) {
  const clock = { now: Date.now() }
  const asked: TokenQuestion[] = []
  const { review } = createTokenReviews({
    ask: (question, signal) => {
      asked.push(question)
      return answer(question, signal)
    },
    expected,
    now: () => clock.now,
    patienceMs: 50,
  })
  return { review, clock, asked }
}

t.test('asks about a token once a minute while it is good', async (t) => {
  const { review, clock, asked } = startReviews(async () => accepted)
  const token = make()

  t.strictSame(await review(token, FROM), { outcome: 'accepted', node: 'node-1' })
  clock.now += 59_999
  t.match(await review(token, FROM), { outcome: 'accepted' })
  t.strictSame(asked, [{ token, audience: AUDIENCE }])
  clock.now += 1
  await review(token, FROM)
  t.equal(asked.length, 2)
})

t.test('believes no answer beyond the end of the token', async (t) => {
  let answer: object = accepted
  const { review, clock, asked } = startReviews(async () => answer)
  const token = make({ expiresInS: 10 })
  await review(token, FROM)
  answer = refused
  clock.now += 10_001

  t.match(await review(token, FROM), { outcome: 'refused', reason: 'token-expired', detail: 'invalid bearer token' })
  t.equal(asked.length, 2)
})

t.test('asks about a refused token again after ten seconds', async (t) => {
  let answer: object = refused
  const { review, clock, asked } = startReviews(async () => answer)
  const token = make()
  t.match(await review(token, FROM), { outcome: 'refused', reason: 'wrong-token' })
  answer = accepted
  clock.now += 9999
  t.match(await review(token, FROM), { outcome: 'refused' })
  clock.now += 1

  t.match(await review(token, FROM), { outcome: 'accepted' })
  t.equal(asked.length, 2)
})

t.test('asks anew when the clock was set back: nobody knows how old an answer is then', async (t) => {
  const { review, clock, asked } = startReviews(async () => accepted)
  const token = make()
  await review(token, FROM)
  clock.now -= 3_600_000
  await review(token, FROM)

  t.equal(asked.length, 2)
})

t.test('forgets at once that it could not ask', async (t) => {
  const answers = [
    async () => Promise.reject(Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' })),
    async () => ({ kind: 'Status' }),
    (signal: AbortSignal) => pause(60_000, undefined, { signal }),
    async () => accepted,
  ]
  const { review, asked } = startReviews((_, signal) => answers[asked.length - 1]?.(signal) ?? Promise.reject())
  const token = make()

  t.strictSame(await review(token, FROM), { outcome: 'unavailable', detail: 'ECONNREFUSED: connect failed' })
  t.match(await review(token, FROM), { outcome: 'unavailable', detail: 'the API server answered with no TokenReview' })
  t.match(await review(token, FROM), { outcome: 'unavailable', detail: 'no answer in 50 ms' })
  t.match(await review(token, FROM), { outcome: 'accepted' })
})

t.test('asks once for all who show the same token at the same time', async (t) => {
  const answer = Promise.withResolvers<unknown>()
  const { review, asked } = startReviews(() => answer.promise)
  const token = make()
  const reviews = Array.from({ length: 100 }, (_, index) => review(token, `192.0.2.${index}`))
  answer.resolve(accepted)

  t.ok((await Promise.all(reviews)).every(({ outcome }) => outcome === 'accepted'))
  t.equal(asked.length, 1)
})

t.test('asks nobody about what a token says against itself', async (t) => {
  const { review, asked } = startReviews(async () => accepted)
  const others = [make({ username: 'system:serviceaccount:nsentinel:default' }), make({ audience: 'another' })]

  t.match(await review('an-enrolment-token-of-a-test', FROM), { outcome: 'refused', reason: 'wrong-token' })
  t.match(await Promise.all(others.map((token) => review(token, FROM))), [
    { reason: 'wrong-account', detail: /default/ },
    { reason: 'wrong-audience', detail: /another/ },
  ])
  t.equal(asked.length, 0)
})

t.test('lets nobody who makes tokens up fill the room of the others', async (t) => {
  const answer = Promise.withResolvers<unknown>()
  const { review, asked } = startReviews(() => answer.promise)
  const flood = Array.from({ length: 100 }, () => review(make(), FROM))
  const other = review(make(), '192.0.2.2')
  t.equal(asked.length, 9)
  answer.resolve(refused)
  await Promise.all(flood)

  t.match(await other, { outcome: 'refused' })
  t.equal((await Promise.all(flood)).filter(({ outcome }) => outcome === 'unavailable').length, 92)
  t.match(await review(make(), FROM), { outcome: 'refused' }, 'there is room again')
})

t.test('forgets no good token over many wrong ones', async (t) => {
  const token = make()
  const { review, asked } = startReviews(async (question) => (question.token === token ? accepted : refused))
  await review(token, FROM)
  for (let count = 0; count < 5001; count += 1) await review(make(), FROM)
  const before = asked.length

  t.match(await review(token, FROM), { outcome: 'accepted' })
  t.equal(asked.length, before)
})

t.test('repeats no token in the words of a refusal', async (t) => {
  const { review } = startReviews(async ({ token }) => ({
    kind: 'TokenReview',
    status: { error: `no good: ${token}` },
  }))

  t.match(await review(make(), FROM), { reason: 'wrong-token', detail: 'no good: …' })
  const failing = startReviews(async ({ token }) => Promise.reject(new Error(`the API server answered 400: ${token}`)))
  t.match(await failing.review(make(), FROM), { detail: 'the API server answered 400: …' })
})
