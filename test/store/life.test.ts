import type { Look } from '../../src/model/look.ts'
import type { FindingView } from '../../src/model/view.ts'
import type { Store } from '../../src/store/store.ts'
import { TAKEN_AT } from '../helpers/builders.ts'
import { begin, testStores } from '../helpers/store.ts'
import { deleteFinding, putFinding, testStream } from '../helpers/stream.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

testStores('tells when a finding was first seen, opened, last seen and resolved', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)

  clock.now += 2 * MINUTE
  await store.apply(session, stream.batch([putFinding('a', {}, TAKEN_AT + MINUTE)]))
  t.match(await onlyFinding(store), {
    status: 'open',
    firstSeenAt: TAKEN_AT + MINUTE,
    openedAt: TAKEN_AT + MINUTE,
    lastSeenAt: TAKEN_AT + MINUTE,
    resolvedAt: null,
    resolution: null,
    episodes: 1,
  })

  await store.look(session, look(TAKEN_AT + 2 * MINUTE))
  t.match(await onlyFinding(store), { lastSeenAt: TAKEN_AT + 2 * MINUTE })

  clock.now += 2 * MINUTE
  await store.apply(session, stream.batch([deleteFinding('a', 'gone', TAKEN_AT + 3 * MINUTE)]))
  await store.look(session, look(TAKEN_AT + 4 * MINUTE))
  t.match(await onlyFinding(store), {
    status: 'resolved',
    firstSeenAt: TAKEN_AT + MINUTE,
    lastSeenAt: TAKEN_AT + 2 * MINUTE,
    resolvedAt: TAKEN_AT + 3 * MINUTE,
    resolution: 'gone',
    episodes: 1,
  })
})

testStores(
  'begins a new episode when a finding comes back, and keeps its id and first sight',
  async (t, openTestStore) => {
    const { store, clock } = await openTestStore()
    const stream = testStream()
    const session = await begin(store, stream)
    clock.now += 10 * MINUTE
    const at = (minutes: number) => TAKEN_AT + minutes * MINUTE
    const changes = [
      putFinding('a', {}, at(1)),
      deleteFinding('a', 'fixed', at(2)),
      putFinding('a', { severity: 'critical' }, at(3)),
      putFinding('a', { severity: 'low' }, at(4)),
      deleteFinding('a', 'fixed', at(5)),
      putFinding('a', {}, at(6)),
    ]

    // One batch and one by one must come to the same.
    await store.apply(session, stream.batch(changes.slice(0, 4)))
    t.match(await onlyFinding(store), { openedAt: at(3), episodes: 2, severity: 'low', resolvedAt: null })
    for (const change of changes.slice(4)) await store.apply(session, stream.batch([change]))
    t.match(await onlyFinding(store), { firstSeenAt: at(1), openedAt: at(6), episodes: 3, status: 'open' })
  },
)

testStores('keeps the status that the agent gives', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)

  await store.apply(session, stream.batch([putFinding('a', { status: 'accepted' })]))
  t.equal((await onlyFinding(store)).status, 'accepted')
  t.match(await store.readNode('node-1'), { openFindings: { high: 0 } })
  await store.apply(session, stream.batch([putFinding('a', { status: 'open' })]))
  t.equal((await onlyFinding(store)).status, 'open')
  t.match(await store.readNode('node-1'), { openFindings: { high: 1 } })
})

testStores('does not call a stale finding seen, until a look sees it again', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  clock.now += 10 * MINUTE
  await store.apply(session, stream.batch([putFinding('a', {}, TAKEN_AT)]))
  await store.apply(session, stream.batch([putFinding('a', { stale: true }, TAKEN_AT + MINUTE)]))
  await store.look(session, look(TAKEN_AT + 2 * MINUTE))

  t.match(await onlyFinding(store), { stale: true, lastSeenAt: TAKEN_AT })
  await store.apply(session, stream.batch([putFinding('a', {}, TAKEN_AT + 3 * MINUTE)]))
  t.match(await onlyFinding(store), { stale: false, lastSeenAt: TAKEN_AT + 3 * MINUTE })
})

testStores(
  'brings times of an agent whose clock is wrong to its own, and never to the future',
  async (t, openTestStore) => {
    const { store, clock } = await openTestStore()
    const stream = testStream()
    const session = await begin(store, stream, { at: TAKEN_AT + 60 * MINUTE })
    clock.now += MINUTE
    await store.apply(session, stream.batch([putFinding('a', {}, TAKEN_AT + 60 * MINUTE + 30 * SECOND)]))

    t.match(await onlyFinding(store), { openedAt: TAKEN_AT + 30 * SECOND })
    t.match(await store.readNode('node-1'), { clockOffsetMs: 60 * MINUTE })
    await store.apply(session, stream.batch([deleteFinding('a', 'fixed', TAKEN_AT + 90 * MINUTE)]))
    t.match(await onlyFinding(store), { resolvedAt: clock.now })
  },
)

testStores('calls a finding fixed or gone only where the agent says so', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  await store.apply(session, stream.batch([putFinding('a'), deleteFinding('a', 'too-large')]))

  t.match(await onlyFinding(store), { status: 'resolved', resolution: 'resync' })
})

async function onlyFinding(store: Store): Promise<FindingView> {
  const { items } = await store.listFindings({}, { limit: 2 })
  const [finding] = items
  if (finding === undefined || items.length > 1) throw new Error(`${items.length} findings`)
  return finding
}

function look(takenAt: number): Look {
  return { takenAt, durationMs: 1, processes: 1, threads: 1, residentBytes: 1, cpuMs: 1 }
}
