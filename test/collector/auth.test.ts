import { pino } from 'pino'
import t from 'tap'
import { Failures } from '../../src/collector/auth/failures.ts'
import { Sessions } from '../../src/collector/auth/sessions.ts'
import { createTokenAuthority } from '../../src/collector/auth/token-authority.ts'

const log = pino({ level: 'silent' })

t.test('remembers failures of a bounded number of addresses', async (t) => {
  const failures = new Failures({ now: () => 0, log })
  for (let attempt = 0; attempt < 10; attempt += 1) failures.count('agent', 'first')
  t.equal(failures.count('agent', 'first'), 60)

  for (let address = 0; address < 1000; address += 1) failures.count('client', String(address))

  t.equal(failures.count('agent', 'first'), null, 'forgotten, not refused')
  t.strictSame(failures.totals, { person: 0, client: 1000, agent: 12 })
})

t.test('keeps a bounded number of sessions, those last used', async (t) => {
  const sessions = new Sessions(() => 0)
  const used = sessions.begin()
  const unused = sessions.begin()
  for (let count = 0; count < 998; count += 1) sessions.begin()
  t.ok(sessions.use(used))

  const newest = sessions.begin()

  t.notOk(sessions.use(unused))
  t.ok(sessions.use(used))
  t.ok(sessions.use(newest))
})

t.test('refuses tokens that could be guessed, without telling them', async (t) => {
  const make = (enrolmentToken: string | null, apiTokens: string[]) => () =>
    createTokenAuthority({ enrolmentToken, apiTokens, now: () => 0, onLogin: () => {} })

  t.throws(make('changeme', []), { message: 'the enrolment token has 8 characters, expected at least 16 random ones' })
  t.throws(make(null, ['']), { message: /^the API token has 0 characters/ })
})

t.test('admits no agent where no enrolment token was given, not even with an empty one', async (t) => {
  const authority = createTokenAuthority({ enrolmentToken: null, apiTokens: [], now: () => 0, onLogin: () => {} })

  t.notOk(await authority.admitsAgent(''))
  t.notOk(await authority.admitsAgent(authority.firstLoginToken))
  t.equal(await authority.clientOf(authority.firstLoginToken), null)
  t.equal(await authority.personOf(''), null)
})
