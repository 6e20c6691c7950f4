import { hashOf } from '../../src/collector/auth/secret.ts'
import { TokenRegister } from '../../src/store/api-tokens.ts'
import { openDatabase } from '../../src/store/open-database.ts'
import { testStores } from '../helpers/store.ts'

const HOUR_MS = 3_600_000
const OPERATOR = { name: null, role: 'operator' } as const

testStores('ends a login after 12 hours without use, and after a week of use', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  await store.keepLogin(hashOf('used'), null)
  await store.keepLogin(hashOf('unused'), null)

  for (let hours = 0; hours < 7 * 24 - 11; hours += 11) {
    t.strictSame(await store.findLogin(hashOf('used')), OPERATOR)
    clock.now += 11 * HOUR_MS
  }
  t.equal(await store.findLogin(hashOf('unused')), null)
  clock.now += 11 * HOUR_MS
  t.equal(await store.findLogin(hashOf('used')), null)
})

testStores('ends a login with the token that it was made by', async (t, openTestStore) => {
  const { store, clock, place } = await openTestStore()
  const database = await openDatabase(place)
  t.teardown(() => database.db.destroy())
  const register = new TokenRegister({ ...database, clock: async () => clock.now })
  const token = { name: 'ci', role: 'viewer', tokenHash: hashOf('token'), expiresInMs: HOUR_MS } as const
  await register.create({ ...token, auditId: '1' })
  await register.create({ ...token, name: 'brief', tokenHash: hashOf('brief'), auditId: '2' })
  await store.keepLogin(hashOf('login'), 'ci')
  await store.keepLogin(hashOf('expires'), 'brief')

  t.strictSame(await store.findLogin(hashOf('login')), { name: 'ci', role: 'viewer' })
  await register.revoke('ci', '3')
  t.equal(await store.findLogin(hashOf('login')), null)
  t.ok(await store.findLogin(hashOf('expires')))
  clock.now += HOUR_MS
  t.equal(await store.findLogin(hashOf('expires')), null)
})

testStores('keeps a bounded number of logins, those last used', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  await store.keepLogin(hashOf('used'), null)
  await store.keepLogin(hashOf('unused'), null)
  clock.now += HOUR_MS
  t.ok(await store.findLogin(hashOf('used')))
  for (let count = 0; count < 999; count += 1) await store.keepLogin(hashOf(`${count}`), null)

  t.equal(await store.findLogin(hashOf('unused')), null)
  t.ok(await store.findLogin(hashOf('used')))
  t.ok(await store.findLogin(hashOf('998')))
})

testStores('ends a login at once when somebody logs out, and no other one', async (t, openTestStore) => {
  const { store } = await openTestStore()
  for (const name of ['ended', 'other']) await store.keepLogin(hashOf(name), null)
  await store.endLogin(hashOf('ended'))
  await store.endLogin(hashOf('never began'))

  t.equal(await store.findLogin(hashOf('ended')), null)
  t.strictSame(await store.findLogin(hashOf('other')), OPERATOR)
})
