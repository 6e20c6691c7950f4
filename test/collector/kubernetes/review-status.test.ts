import t from 'tap'
import { judgeAnswer } from '../../../src/collector/kubernetes/review-status.ts'
import { ACCOUNT, AUDIENCE } from '../../helpers/api-server.ts'

const expected = { audience: AUDIENCE, username: ACCOUNT, anyNode: false }
const NODE_NAME = 'authentication.kubernetes.io/node-name'
const good = {
  authenticated: true,
  audiences: [AUDIENCE],
  user: { username: ACCOUNT, uid: '1', groups: ['system:authenticated'], extra: { [NODE_NAME]: ['node-1'] } },
}
const review = (status: unknown) => ({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: {}, status })
const judge = (given: object) => judgeAnswer(review({ ...good, ...given }), expected)

t.test('accepts a token of the account, for the audience, for the node it is bound to', async (t) => {
  t.strictSame(judge({}), { outcome: 'accepted', node: 'node-1' })
  t.strictSame(judge({ audiences: ['another', AUDIENCE] }), { outcome: 'accepted', node: 'node-1' })
})

t.test('refuses a token that nobody made, with the words of the API server', async (t) => {
  const refusal = { outcome: 'refused', reason: 'wrong-token', detail: 'invalid bearer token' }

  t.strictSame(judge({ authenticated: false, error: 'invalid bearer token' }), refusal)
  t.match(judge({ authenticated: undefined }), { reason: 'wrong-token', detail: null })
  t.match(judgeAnswer(review({}), expected), { reason: 'wrong-token' })
  t.match(judgeAnswer(review({ user: null, error: null, audiences: null }), expected), { reason: 'wrong-token' })
})

t.test('refuses a token for another audience, and one of a server that knows of none', async (t) => {
  t.match(judge({ audiences: ['https://kubernetes.default.svc'] }), { reason: 'wrong-audience', detail: /kubernetes/ })
  t.match(judge({ audiences: [] }), { reason: 'wrong-audience' })
  t.match(judge({ audiences: undefined }), { reason: 'wrong-audience' })
})

t.test('refuses a token of another account, of another namespace, or of a person', async (t) => {
  const usernames = ['system:serviceaccount:nsentinel:default', 'system:serviceaccount:other:nsentinel-agent', 'anna']
  for (const username of [...usernames, '', null]) {
    t.match(judge({ user: { ...good.user, username } }), { reason: 'wrong-account' }, `${username}`)
  }
  t.match(judge({ user: undefined }), { reason: 'wrong-account' })
})

t.test('refuses a token that names no node or two, unless it is told that any will do', async (t) => {
  for (const extra of [{}, undefined, null, { [NODE_NAME]: [] }, { [NODE_NAME]: ['node-1', 'node-2'] }]) {
    const body = review({ ...good, user: { ...good.user, extra } })

    t.strictSame(judgeAnswer(body, expected), { outcome: 'refused', reason: 'no-node-name', detail: null })
    t.strictSame(judgeAnswer(body, { ...expected, anyNode: true }), { outcome: 'accepted', node: null })
  }
  t.strictSame(judgeAnswer(review(good), { ...expected, anyNode: true }), { outcome: 'accepted', node: 'node-1' })
})

t.test('takes no other answer for one, and repeats nothing of it', async (t) => {
  const others = [null, 'secret', [], {}, { kind: 'Status', status: 'Failure' }, { kind: 'TokenReview' }, review(null)]
  const misshapen = [
    { ...good, authenticated: 'true' },
    { ...good, audiences: AUDIENCE },
    { ...good, user: { extra: { a: 'secret' } } },
  ]
  for (const body of [...others, ...misshapen.map(review)]) {
    t.throws(() => judgeAnswer(body, expected), { message: 'the API server answered with no TokenReview' })
  }
})
