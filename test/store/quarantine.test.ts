import type { Change } from '../../src/model/changes.ts'
import { begin, testStores } from '../helpers/store.ts'
import { findingId, putFinding, testStream } from '../helpers/stream.ts'

const PAGE = { limit: 100 }

testStores('quarantines what it cannot read, acknowledges it and keeps the digest right', async (t, openTestStore) => {
  const { store, readHistory } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  const batch = stream.batch([strange('a'), putFinding('b')])

  t.match(await store.apply(session, batch), { outcome: 'stored', ackedSeq: 2, wantSnapshot: false })
  const { items } = await store.listQuarantine(PAGE)
  t.match(items, [{ node: 'node-1', epoch: stream.spool.epoch, seq: 1, problem: /severity/, raw: /"fatal"/ }])
  t.strictSame(
    (await store.listFindings({}, PAGE)).items.map(({ id }) => id),
    [findingId('b')],
  )
  t.match(
    (await readHistory()).filter(({ ord }) => ord === 0),
    [
      { seq: 1, op: 'quarantined' },
      { seq: 2, op: 'put' },
    ],
  )
})

testStores('keeps a bounded number of quarantined events, the newest', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  for (let round = 0; round < 3; round += 1) {
    const changes = Array.from({ length: 60 }, (_, index) => strange(`${round}-${index}`))
    await store.apply(session, stream.batch(changes))
  }
  const first = await store.listQuarantine({ limit: 60 })
  const second = await store.listQuarantine({ limit: 60, cursor: first.nextCursor ?? undefined })

  t.equal(first.items[0]?.seq, 180)
  t.equal(first.items.length, 60)
  t.equal(second.items.length, 40)
  t.equal(second.items.at(-1)?.seq, 81)
  t.equal(second.nextCursor, null)
})

testStores('shows a row no longer once it cannot be read, and again when it can', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  const gap = { source: 'docker', subject: 'socket', reason: 'timeout', affects: '*' } as const
  const put = { op: 'put', at: 1, type: 'gap', key: 'g', value: gap } as const
  const unreadable: Change = JSON.parse(JSON.stringify(put).replace('timeout', 'weather'))

  await store.apply(session, stream.batch([put]))
  t.match(await store.readNode('node-1'), { gaps: [gap] })
  await store.apply(session, stream.batch([unreadable]))
  t.strictSame((await store.readNode('node-1'))?.gaps, [])
  t.match(await store.apply(session, stream.batch([put])), { wantSnapshot: false })
  t.match(await store.readNode('node-1'), { gaps: [gap] })
})

/** A finding of a version to come. */
function strange(name: string): Change {
  return JSON.parse(JSON.stringify(putFinding(name)).replace('"severity":"high"', '"severity":"fatal"'))
}
