import { container, port, TAKEN_AT } from '../helpers/builders.ts'
import { begin, openSession, testStores } from '../helpers/store.ts'
import { deleteFinding, findingId, putFinding, testStream } from '../helpers/stream.ts'

const PAGE = { limit: 100 }
const MINUTE = 60_000

testStores(
  'swaps the whole state with the last part, and resolves what is missing from it',
  async (t, openTestStore) => {
    const { store, clock, readHistory } = await openTestStore()
    const before = testStream()
    const session = await begin(store, before)
    const { processes: _, ...row } = container()
    const put = { op: 'put', at: TAKEN_AT, type: 'container', key: row.id, value: row } as const
    await store.apply(session, before.batch([putFinding('stays'), putFinding('goes'), putFinding('changes'), put]))

    clock.now += 10 * MINUTE
    const after = testStream()
    after.batch([
      putFinding('stays'),
      putFinding('comes', {}, TAKEN_AT + MINUTE),
      putFinding('changes', { severity: 'critical' }, TAKEN_AT + MINUTE),
    ])
    const next = await openSession(store, after.hello({ at: clock.now }))
    t.strictSame(await store.stage(next, after.part({ part: 1, parts: 2 })), { outcome: 'staged' })
    t.equal((await store.listFindings({ status: 'resolved' }, PAGE)).items.length, 0)
    const swapped = await store.stage(next, after.part({ part: 2, parts: 2 }))

    t.match(swapped, { outcome: 'stored', ackedSeq: 3, changed: { types: ['container', 'finding'] } })
    const { items } = await store.listFindings({}, PAGE)
    t.match(Object.fromEntries(items.map((item) => [item.id, item])), {
      [findingId('stays')]: { status: 'open', episodes: 1, openedAt: TAKEN_AT },
      [findingId('goes')]: { status: 'resolved', resolution: 'resync', resolvedAt: TAKEN_AT + MINUTE },
      [findingId('changes')]: { status: 'open', episodes: 1, openedAt: TAKEN_AT, severity: 'critical' },
      [findingId('comes')]: { status: 'open', openedAt: TAKEN_AT + MINUTE },
    })
    t.same((await store.listContainers({}, PAGE)).items, [])
    t.strictSame(
      (await readHistory())
        .filter(({ epoch }) => epoch === after.spool.epoch)
        .map(({ seq, ord, op, key }) => [seq, ord, op, key]),
      [
        [3, 1, 'resync', ''],
        [3, 2, 'delete', row.id],
        [3, 3, 'delete', findingId('goes')],
        [3, 4, 'put', findingId('changes')],
        [3, 5, 'put', findingId('comes')],
      ],
    )
    t.match(await store.apply(next, after.batch([deleteFinding('comes')])), { ackedSeq: 4, wantSnapshot: false })
  },
)

testStores('changes nothing by a snapshot that says the same', async (t, openTestStore) => {
  const { store, readHistory } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  await store.apply(session, stream.batch([putFinding('a')]))

  const swapped = await store.stage(session, stream.part())

  t.match(swapped, { outcome: 'stored', ackedSeq: 1, wantSnapshot: false, changed: { types: [], findings: [] } })
  await store.stage(session, stream.part())
  t.strictSame(
    (await readHistory()).map(({ seq, ord, op }) => [seq, ord, op]),
    [
      [0, 1, 'resync'],
      [1, 0, 'put'],
      [1, 1, 'resync'],
      [1, 2, 'resync'],
    ],
  )
})

testStores('says how much history a snapshot stands for', async (t, openTestStore) => {
  const { store, readHistory } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  stream.batch([putFinding('a'), putFinding('b'), deleteFinding('a')])
  await store.stage(session, stream.part())

  t.match((await readHistory()).at(1), { op: 'resync', seq: 3, value: JSON.stringify({ folded: 3, changed: 1 }) })
})

testStores('refuses parts out of their order and snapshots of the past', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const past = stream.part()
  const session = await begin(store, stream)
  await store.apply(session, stream.batch([putFinding('a'), putFinding('b')]))
  const [first, second, third] = [1, 2, 3].map((part) => stream.part({ part, parts: 3 }))
  if (first === undefined || second === undefined || third === undefined) throw new Error('no part')

  t.strictSame(await store.stage(session, past), { outcome: 'out-of-order' })
  t.strictSame(await store.stage(session, second), { outcome: 'out-of-order' })
  t.strictSame(await store.stage(session, first), { outcome: 'staged' })
  t.strictSame(await store.stage(session, third), { outcome: 'out-of-order' })
  t.strictSame(await store.stage(session, { ...second, part: 4 }), { outcome: 'out-of-order' })
  t.strictSame(await store.stage(session, second), { outcome: 'staged' })
  t.match(await store.stage(session, third), { outcome: 'stored', ackedSeq: 2 })
})

testStores('drops an unfinished snapshot when its connection ends', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  stream.batch([putFinding('a'), putFinding('b')])
  const lost = await openSession(store, stream.hello())
  await store.stage(lost, stream.part({ part: 1, parts: 2 }))
  await store.end(lost)

  const session = await openSession(store, stream.hello())
  t.strictSame(await store.stage(session, stream.part({ part: 2, parts: 2 })), { outcome: 'out-of-order' })
  t.same((await store.listFindings({}, PAGE)).items, [])
})

testStores('keeps rows of a snapshot that it cannot read in the digest', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const strange = JSON.parse(JSON.stringify(putFinding('a')).replace('"severity":"high"', '"severity":"fatal"'))
  stream.batch([strange, putFinding('b'), { op: 'put', at: 1, type: 'port', key: 'p', value: port() }])
  const session = await begin(store, stream)

  t.match(await store.apply(session, stream.batch([putFinding('c')])), { wantSnapshot: false })
  t.match((await store.listQuarantine(PAGE)).items, [{ seq: 3, problem: /severity/ }])
  t.equal((await store.listFindings({}, PAGE)).items.length, 2)
})
