import { emptyDigest } from '../../src/model/digest.ts'
import { TAKEN_AT } from '../helpers/builders.ts'
import { begin, openSession, proofOf, testStores } from '../helpers/store.ts'
import { deleteFinding, findingId, putFinding, testStream } from '../helpers/stream.ts'

const PAGE = { limit: 100 }
const TEN_MINUTES = 10 * 60_000

testStores(
  'wants a snapshot of an epoch that it does not know, then resumes where it was',
  async (t, openTestStore) => {
    const { store } = await openTestStore()
    const stream = testStream()

    t.match(await store.open(stream.hello(), proofOf(stream.hello())), {
      outcome: 'opened',
      want: 'snapshot',
      ackedSeq: 0,
    })
    const session = await begin(store, stream)
    t.match(await store.apply(session, stream.batch([putFinding('a')])), { outcome: 'stored', ackedSeq: 1 })
    t.match(await store.open(stream.hello(), proofOf(stream.hello())), {
      outcome: 'opened',
      want: 'resume',
      ackedSeq: 1,
    })
  },
)

testStores('stores every event once, however often it comes', async (t, openTestStore) => {
  const { store, readHistory } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  const first = stream.batch([putFinding('a'), putFinding('b')])
  const both = { ...stream.batch([deleteFinding('a')]), firstSeq: 1 }
  const overlapping = { ...both, events: [...first.events, ...both.events] }

  t.match(await store.apply(session, first), { outcome: 'stored', ackedSeq: 2, changed: { types: ['finding'] } })
  t.match(await store.apply(session, first), { outcome: 'stored', ackedSeq: 2, changed: null })
  t.match(await store.apply(session, overlapping), { outcome: 'stored', ackedSeq: 3, wantSnapshot: false })
  t.strictSame(
    (await readHistory()).filter(({ ord }) => ord === 0).map(({ seq, op, key }) => [seq, op, key]),
    [
      [1, 'put', findingId('a')],
      [2, 'put', findingId('b')],
      [3, 'delete', findingId('a')],
    ],
  )
})

testStores('refuses what leaves a hole, and stores nothing of it', async (t, openTestStore) => {
  const { store, readHistory } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  stream.batch([putFinding('a')])
  const later = stream.batch([putFinding('b')])

  t.strictSame(await store.apply(session, later), { outcome: 'out-of-order' })
  t.same((await store.listFindings({}, PAGE)).items, [])
  t.equal((await readHistory()).filter(({ ord }) => ord === 0).length, 0)
})

testStores('refuses a batch before the snapshot, of another epoch and of a closed one', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const old = testStream()
  const next = testStream()
  const early = await openSession(store, old.hello())
  t.strictSame(await store.apply(early, old.batch([putFinding('a')])), { outcome: 'wrong-epoch' })

  await begin(store, old)
  const session = await begin(store, next)

  t.strictSame(await store.apply(session, old.batch([putFinding('b')])), { outcome: 'wrong-epoch' })
  t.strictSame(await store.stage(session, old.part()), { outcome: 'wrong-epoch' })
  t.match(await store.open(old.hello(), proofOf(old.hello())), { want: 'new-epoch' })
})

testStores(
  'takes numbers that were given out twice for a spool that went back in time, and closes the epoch',
  async (t, openTestStore) => {
    const { store } = await openTestStore()
    const stream = testStream()
    const session = await begin(store, stream)
    await store.apply(session, stream.batch([putFinding('a'), putFinding('b')]))
    const restored = await store.open(stream.hello({ nextSeq: 2 }), proofOf(stream.hello({ nextSeq: 2 })))

    t.match(restored, { outcome: 'opened', want: 'new-epoch' })
    if (restored.outcome !== 'opened') return
    t.strictSame(await store.apply(restored.session, stream.batch([putFinding('c')])), { outcome: 'wrong-epoch' })
    t.match(await store.open(stream.hello(), proofOf(stream.hello())), { want: 'new-epoch' })
  },
)

testStores('lets no fenced session write, look or end anything', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const zombie = await begin(store, stream)
  const batch = stream.batch([putFinding('a')])
  const session = await openSession(store, stream.hello())
  const look = { takenAt: TAKEN_AT, durationMs: 1, processes: 1, threads: 1, residentBytes: 1, cpuMs: 1 }

  t.strictSame(await store.apply(zombie, batch), { outcome: 'fenced' })
  t.strictSame(await store.stage(zombie, stream.part()), { outcome: 'fenced' })
  t.equal(await store.look(zombie, look), false)
  await store.end(zombie)
  t.match(await store.readNode('node-1'), { status: 'online', lastLook: null })
  t.match(await store.apply(session, batch), { outcome: 'stored', ackedSeq: 1 })
})

testStores('asks a diverged agent for its state, at most once in ten minutes', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  const diverged = (name: string) => ({ ...stream.batch([putFinding(name)]), digest: emptyDigest() })

  t.match(await store.apply(session, diverged('a')), { outcome: 'stored', wantSnapshot: true })
  t.match(await store.apply(session, diverged('b')), { outcome: 'stored', wantSnapshot: false })
  clock.now += TEN_MINUTES - 1
  t.match(await store.apply(session, diverged('c')), { wantSnapshot: false })
  clock.now += 1
  t.match(await store.apply(session, diverged('d')), { wantSnapshot: true })
  await store.stage(session, stream.part())
  t.match(await store.apply(session, stream.batch([putFinding('e')])), { wantSnapshot: false })
  clock.now += TEN_MINUTES
  t.match(await store.apply(session, stream.batch([putFinding('f')])), { wantSnapshot: false })
  clock.now -= 6 * TEN_MINUTES
  t.match(await store.apply(session, diverged('g')), { wantSnapshot: true }, 'the clock was set back')
})

testStores(
  'keeps the digest right through puts, changes and deletes of one row in one batch',
  async (t, openTestStore) => {
    const { store } = await openTestStore()
    const stream = testStream()
    const session = await begin(store, stream)
    const changes = [
      putFinding('a'),
      putFinding('a', { summary: 'another' }),
      deleteFinding('a'),
      putFinding('a'),
      putFinding('b'),
      deleteFinding('b'),
      deleteFinding('never-there'),
    ]

    t.match(await store.apply(session, stream.batch(changes)), { outcome: 'stored', ackedSeq: 7, wantSnapshot: false })
    t.match(await store.apply(session, stream.batch([deleteFinding('a')])), { wantSnapshot: false })
  },
)

testStores('lets a write that fails take nobody with it', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const [left, broken, right] = [testStream('a'), testStream('b'), testStream('c')]
  const sessions = await Promise.all([left, broken, right].map((stream) => begin(store, stream)))
  const [one, two, three] = sessions
  if (one === undefined || two === undefined || three === undefined) throw new Error('no session')
  // Whatever may fail in the middle of a transaction: here, something that is no digest.
  const bad = { ...broken.batch([putFinding('x')]), digest: JSON.parse('null') }
  const written = await Promise.allSettled([
    store.apply(one, left.batch([putFinding('x')])),
    store.apply(two, bad),
    store.apply(three, right.batch([putFinding('x')])),
  ])

  t.strictSame(
    written.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  t.strictSame(
    (await store.listFindings({}, PAGE)).items.map(({ node }) => node),
    ['c', 'a'],
  )
})
