import t from 'tap'
import { claimsOf } from '../../../src/collector/kubernetes/claims.ts'
import { ACCOUNT, AUDIENCE, tokenOf } from '../../helpers/api-server.ts'

const encode = (text: string) => `e30.${Buffer.from(text).toString('base64url')}.c2ln`

t.test('reads whose a token says it is, for whom and until when', async (t) => {
  const claims = claimsOf(tokenOf({ node: 'node-1', audience: AUDIENCE, username: ACCOUNT, expiresInS: 60 }))

  t.match(claims, { subject: ACCOUNT, audiences: [AUDIENCE], expiresAt: Number })
  t.ok(Math.abs((claims?.expiresAt ?? 0) - Date.now() - 60_000) < 5000)
  t.strictSame(claimsOf(encode('{"sub":"a","aud":"b","exp":1}')), { subject: 'a', audiences: ['b'], expiresAt: 1000 })
})

t.test('finds none in what is no token of a service account', async (t) => {
  const others = [
    '',
    'an-enrolment-token-of-a-test',
    'a.b',
    'a.b.c.d',
    'e30.!!!.c2ln',
    encode('{'),
    encode('null'),
    encode('[]'),
    encode('{"sub":1,"aud":[],"exp":1}'),
    encode('{"sub":"a","aud":[1],"exp":1}'),
    encode('{"sub":"a","aud":"b"}'),
    `e30.${Buffer.from([0xff, 0xfe]).toString('base64url')}.c2ln`,
  ]
  for (const other of others) t.equal(claimsOf(other), null, other)
})
