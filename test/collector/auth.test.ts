import t from 'tap'
import { Failures } from '../../src/collector/auth/failures.ts'
import { hashOf } from '../../src/collector/auth/secret.ts'
import { createTokenAuthority } from '../../src/collector/auth/token-authority.ts'
import { isSameSecret } from '../../src/model/speaker.ts'

const trust = {
  knowsSecret: async (_hash: Uint8Array) => false,
  findToken: async () => null,
  keepLogin: async () => {},
  findLogin: async () => null,
  endLogin: async () => {},
}
const rest = { now: () => 0, onLogin: () => {}, trust }
const TOKEN = 'an-enrolment-token-of-a-test'
const SECRET = 'a'.repeat(43)
const OTHER = 'b'.repeat(43)

t.test('remembers failures of a bounded number of addresses', async (t) => {
  const failures = new Failures({ now: () => 0, audit: { note: () => {} } })
  for (let attempt = 0; attempt < 10; attempt += 1) failures.count('agent', 'first')
  t.equal(failures.count('agent', 'first'), 60)

  for (let address = 0; address < 1000; address += 1) failures.count('client', String(address))

  t.equal(failures.count('agent', 'first'), null, 'forgotten, not refused')
  t.strictSame(failures.totals, { person: 0, client: 1000, agent: 12 })
})

t.test('counts failures anew when the clock was set back, rather than until it is there again', async (t) => {
  const clock = { now: 3_600_000 }
  const failures = new Failures({ now: () => clock.now, audit: { note: () => {} } })
  const fail = () => failures.count('client', '192.0.2.1')
  for (let index = 0; index < 10; index += 1) fail()
  t.equal(fail(), 60)
  clock.now = 0

  t.equal(fail(), null)
})

t.test('refuses tokens that could be guessed, without telling them', async (t) => {
  const make = (enrolmentToken: string | null, apiTokens: string[]) => () =>
    createTokenAuthority({ enrolmentToken, apiTokens, ...rest })

  t.throws(make('changeme', []), { message: 'the enrolment token has 8 characters, expected at least 16 random ones' })
  t.throws(make(null, ['']), { message: /^the API token has 0 characters/ })
})

t.test('admits no agent where no enrolment token was given, not even with an empty one', async (t) => {
  const authority = createTokenAuthority({ enrolmentToken: null, apiTokens: [], ...rest })
  const refusalOf = (enrolmentToken: string | null) =>
    authority.judgeAgent({ secret: SECRET, enrolmentToken, certificate: null }, '192.0.2.1')

  t.strictSame(await refusalOf(''), { refusal: 'wrong-token' })
  t.strictSame(await refusalOf(authority.firstLoginToken), { refusal: 'wrong-token' })
  t.strictSame(await refusalOf(null), { refusal: 'unknown-secret' })
  t.equal(await authority.clientOf(authority.firstLoginToken), null)
  t.equal(await authority.personOf(''), null)
})

t.test('asks every agent for a secret of its own, and for the token only once', async (t) => {
  const knowsSecret = async (hash: Uint8Array) => isSameSecret(hash, hashOf(SECRET))
  const authority = createTokenAuthority({
    enrolmentToken: TOKEN,
    apiTokens: [],
    ...rest,
    trust: { ...trust, knowsSecret },
  })
  const judge = (secret: string | null, enrolmentToken: string | null) =>
    authority.judgeAgent({ secret, enrolmentToken, certificate: null }, '192.0.2.1')

  t.strictSame(await judge(null, TOKEN), { refusal: 'no-credentials' })
  t.strictSame(await judge('short', TOKEN), { refusal: 'weak-secret' })
  t.match(await judge(OTHER, TOKEN), { proof: { by: 'secret', enrols: 'new' } })
  t.strictSame(await judge(OTHER, `${TOKEN}x`), { refusal: 'wrong-token' })
  t.match(await judge(SECRET, null), { proof: { enrols: 'no' } })
  t.match(await judge(SECRET, 'rotated'), { proof: { enrols: 'no' } })
})

t.test('lets the agent that its own process started take the place of the one before', async (t) => {
  const authority = createTokenAuthority({ enrolmentToken: null, childSecret: SECRET, apiTokens: [], ...rest })

  t.match(await authority.judgeAgent({ secret: SECRET, enrolmentToken: null, certificate: null }, '192.0.2.1'), {
    proof: { enrols: 'any' },
  })
  t.match(await authority.judgeAgent({ secret: OTHER, enrolmentToken: null, certificate: null }, '192.0.2.1'), {
    refusal: 'unknown-secret',
  })
})
