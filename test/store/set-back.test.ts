import { begin, testStores } from '../helpers/store.ts'
import { testStream } from '../helpers/stream.ts'

const MINUTE = 60_000
const RETENTION = { ageMs: 86_400_000, events: 1_000_000 }

testStores('counts silence from the moment that the clock was found to be set back', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  const gone = await begin(store, testStream('gone'))
  await store.end(gone)
  await begin(store, testStream('mute'))
  const statuses = async () =>
    (await store.listNodes({ limit: 10 })).items.map(({ name, status }) => `${name} ${status}`)
  clock.now -= 60 * MINUTE
  await store.prune(RETENTION)

  t.strictSame(await statuses(), ['gone late', 'mute online'])
  t.match(await store.readNode('gone'), { lastSeenAt: clock.now })
  clock.now += 2 * MINUTE
  t.strictSame(await statuses(), ['gone late', 'mute late'])
  clock.now += 8 * MINUTE
  await store.prune(RETENTION)
  t.strictSame(await statuses(), ['gone silent', 'mute silent'])
})

testStores('leaves alone what another collector may just have seen', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  await begin(store, testStream())
  const seenAt = clock.now
  clock.now -= MINUTE
  await store.prune(RETENTION)

  t.match(await store.readNode('node-1'), { lastSeenAt: seenAt })
})
