import { MOST_EXAMINED } from '../../src/store/reads/scan.ts'
import type { EventFilter, Store } from '../../src/store/store.ts'
import { TAKEN_AT } from '../helpers/builders.ts'
import { begin, testStores } from '../helpers/store.ts'
import { deleteFinding, findingId, putFinding, testStream } from '../helpers/stream.ts'

const PAGE = { limit: 100 }

testStores(
  'tells what happened to a row: that it appeared, changed and disappeared, and with which evidence',
  async (t, openTestStore) => {
    const { store, clock } = await openTestStore()
    const stream = testStream()
    const session = await begin(store, stream)
    await store.apply(session, stream.batch([putFinding('a', { summary: 'first' }), putFinding('b')]))
    clock.now += 1000
    await store.apply(session, stream.batch([putFinding('a', { summary: 'then' }), deleteFinding('a', 'gone')]))
    await store.apply(session, stream.batch([putFinding('a', { summary: 'again' })]))

    const { items, historySince } = await store.listEvents(
      { node: 'node-1', type: 'finding', key: findingId('a') },
      PAGE,
    )
    t.match(items, [
      { change: 'appeared', value: { summary: 'again' }, seq: 5, cause: null },
      { change: 'disappeared', value: null, seq: 4, cause: 'gone' },
      { change: 'changed', value: { summary: 'then' }, seq: 3, receivedAt: TAKEN_AT + 1000 },
      { change: 'appeared', value: { summary: 'first' }, seq: 1, receivedAt: TAKEN_AT, epoch: stream.spool.epoch },
    ])
    t.equal(items.length, 4)
    t.equal(historySince, TAKEN_AT)
  },
)

testStores('tells of a snapshot how many events it stands for, and then what it changed', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  await store.apply(session, stream.batch([putFinding('a'), putFinding('b')]))
  stream.batch([putFinding('a', { summary: 'new' }), deleteFinding('b'), putFinding('c')])
  await store.stage(session, stream.part())

  const { items } = await store.listEvents({}, { limit: 4 })
  t.match(
    items.map(({ change, key }) => [change, key]),
    [
      ['appeared', findingId('c')],
      ['changed', findingId('a')],
      ['disappeared', findingId('b')],
      ['resync', null],
    ],
  )
  t.match(items[3], { type: null, value: { folded: 3, changed: 3 }, cause: 'resync' })
})

testStores('finds events by node, type, change and the time of receipt', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  for (const name of ['node-1', 'node-2']) {
    const stream = testStream(name)
    const session = await begin(store, stream)
    await store.apply(session, stream.batch([putFinding('a')]))
    clock.now += 1000
    await store.apply(session, stream.batch([putFinding('a', { summary: 'new' }), deleteFinding('a')]))
    clock.now += 1000
  }

  const found = async (filter: EventFilter) =>
    (await store.listEvents(filter, PAGE)).items.map(({ node, change }) => `${node} ${change}`)
  t.equal((await found({})).length, 8)
  t.strictSame(await found({ node: 'node-2', change: 'changed' }), ['node-2 changed'])
  t.strictSame(await found({ change: 'resync' }), ['node-2 resync', 'node-1 resync'])
  t.equal((await found({ type: 'finding' })).length, 6)
  t.strictSame(await found({ type: 'container' }), [])
  t.strictSame(await found({ node: 'nowhere' }), [])
  const whole = { since: TAKEN_AT + 1000, until: TAKEN_AT + 3000 }
  t.strictSame(await found({ ...whole, type: 'finding' }), ['node-2 appeared', 'node-1 disappeared', 'node-1 changed'])
  t.strictSame(await found({ ...whole, node: 'node-1' }), ['node-1 disappeared', 'node-1 changed'])
  t.strictSame(await found({ since: TAKEN_AT + 4000 }), [])
  t.strictSame(await found({ until: TAKEN_AT }), [])
})

testStores('gives every event once, page by page, while new ones come in', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  const names = Array.from({ length: 25 }, (_, index) => index)
  await store.apply(session, stream.batch(names.map((name) => putFinding(name))))

  const seen: number[] = []
  let cursor: string | undefined
  do {
    const page = await store.listEvents({ type: 'finding' }, { limit: 4, cursor })
    seen.push(...page.items.map(({ seq }) => seq))
    await store.apply(session, stream.batch([putFinding('new', { summary: `${seen.length}` })]))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  t.strictSame(seen, names.map((name) => name + 1).toReversed())
})

testStores('looks at no more rows than a request may, and goes on from there', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  const named = (from: number) =>
    Array.from({ length: 500 }, (_, index) => putFinding(from + index, { severity: 'low', summary: 'dull' }))
  await store.apply(session, stream.batch([putFinding('needle', { severity: 'info', summary: 'needle' })]))
  for (let from = 10_000; from < 16_000; from += 500) {
    t.match(await store.apply(session, stream.batch(named(from))), { outcome: 'stored' })
  }

  for (const [name, list] of listsOf(store)) {
    const first = await list(undefined)
    t.equal(first.items.length, 0, name)
    const second = await list(first.nextCursor ?? undefined)
    t.equal(second.items.length, 1, name)
    t.equal(second.nextCursor, null, name)
  }
  t.ok(MOST_EXAMINED < 6000)
})

function listsOf(store: Store) {
  const read = (list: (cursor: string | undefined) => ReturnType<Store['listFindings' | 'listEvents']>) => list
  return [
    ['findings', read((cursor) => store.listFindings({ search: 'NEEDLE' }, { limit: 10, cursor }))],
    [
      'findings of a node',
      read((cursor) => store.listFindings({ search: 'needle', node: 'node-1' }, { limit: 10, cursor })),
    ],
    ['events', read((cursor) => store.listEvents({ key: findingId('needle') }, { limit: 10, cursor }))],
  ] as const
}
