import { hashOf } from '../../src/collector/auth/secret.ts'
import { TokenRegister } from '../../src/store/api-tokens.ts'
import { openDatabase } from '../../src/store/open-database.ts'
import { testStores } from '../helpers/store.ts'

const HASH = hashOf('a token of a test')
const MINUTE_MS = 60_000

const token = (given: { readonly name?: string; readonly expiresInMs?: number } = {}) => ({
  name: 'ci',
  role: 'viewer' as const,
  tokenHash: HASH,
  expiresInMs: null,
  auditId: `made ${given.name ?? 'ci'}`,
  ...given,
})

testStores('knows whose token it is until it is revoked, and says both in the audit', async (t, openTestStore) => {
  const { store, clock, place } = await openTestStore()
  const database = await openDatabase(place)
  t.teardown(() => database.db.destroy())
  const register = new TokenRegister({ ...database, clock: async () => clock.now })

  t.ok(await register.create(token()))
  t.strictSame(await store.findToken(HASH), { name: 'ci', role: 'viewer' })
  t.equal(await store.findToken(hashOf('another')), null)
  t.ok(await register.revoke('ci', 'revoked'))
  t.equal(await store.findToken(HASH), null)
  t.notOk(await register.revoke('ci', 'again'), 'once')
  t.notOk(await register.create({ ...token(), tokenHash: hashOf('other') }), 'a name is of one token for ever')
  const { items } = await store.listAudit({ limit: 10 })
  t.strictSame(items.map(({ action, detail }) => `${action} ${detail}`).toSorted(), [
    'token-created token ci of role viewer',
    'token-revoked token ci',
  ])
})

testStores('lets a token expire by the clock of the store', async (t, openTestStore) => {
  const { store, clock, place } = await openTestStore()
  const database = await openDatabase(place)
  t.teardown(() => database.db.destroy())
  const register = new TokenRegister({ ...database, clock: async () => clock.now })
  await register.create(token({ expiresInMs: MINUTE_MS }))

  clock.now += MINUTE_MS - 1
  t.ok(await store.findToken(HASH))
  clock.now += 1
  t.equal(await store.findToken(HASH), null)
})

testStores('keeps when a token was last used, to about a minute', async (t, openTestStore) => {
  const { store, clock, place } = await openTestStore()
  const database = await openDatabase(place)
  t.teardown(() => database.db.destroy())
  const register = new TokenRegister({ ...database, clock: async () => clock.now })
  await register.create(token())
  const lastUse = async () => (await register.list())[0]?.lastUsedAt
  const first = clock.now

  t.equal(await lastUse(), null)
  await store.findToken(HASH)
  t.equal(await lastUse(), first)
  clock.now += MINUTE_MS - 1
  await store.findToken(HASH)
  t.equal(await lastUse(), first)
  clock.now += 1
  await store.findToken(HASH)
  t.equal(await lastUse(), first + MINUTE_MS)
})
