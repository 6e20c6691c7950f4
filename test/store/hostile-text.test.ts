import type { Change } from '../../src/model/changes.ts'
import { gap } from '../helpers/builders.ts'
import { begin, testStores } from '../helpers/store.ts'
import { deleteFinding, findingId, putFinding, testStream } from '../helpers/stream.ts'

const TEXTS = [
  'a\tb\nc\r\nd',
  '\\N',
  '\\.',
  '\\',
  "'; drop table events; --",
  '{"a":"\\u0000"}',
  '\u2028\u{1f600}',
  '"{,}"',
]

testStores('keeps text as it came, whatever it holds', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  const put = TEXTS.map((summary, index) => putFinding(index, { summary, group: summary }))
  const stored = await store.apply(session, stream.batch(put))

  t.match(stored, { outcome: 'stored', ackedSeq: TEXTS.length, wantSnapshot: false })
  for (const [index, text] of TEXTS.entries()) {
    const id = findingId(index)
    t.match(await store.listFindings({ group: text }, { limit: 2 }), { items: [{ id, summary: text, group: text }] })
    const { items } = await store.listEvents({ node: 'node-1', type: 'finding', key: id }, { limit: 2 })
    t.match(items, [{ change: 'appeared', value: { summary: text } }])
  }
  const gone = await store.apply(session, stream.batch(TEXTS.map((cause, index) => deleteFinding(index, cause))))
  t.match(gone, { outcome: 'stored', wantSnapshot: false })
  const { items } = await store.listEvents({ node: 'node-1' }, { limit: TEXTS.length })
  t.strictSame(items.map(({ cause }) => cause).reverse(), TEXTS)
})

testStores('finds a row again whose key holds half of a surrogate pair', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  const change = (op: 'put' | 'delete', key: string): Change =>
    op === 'put' ? { op, at: 1, type: 'gap', key, value: gap() } : { op, at: 1, type: 'gap', key }
  const isTold = { outcome: 'stored', wantSnapshot: false }
  const gaps = async () => (await store.readNode('node-1'))?.gaps.length

  t.match(await store.apply(session, stream.batch([change('put', 'a\ud83d'), change('put', 'b')])), isTold)
  t.match(await store.stage(session, stream.part()), isTold)
  t.equal(await gaps(), 2)
  t.match(await store.apply(session, stream.batch([change('put', 'b')])), isTold)
  t.match(await store.apply(session, stream.batch([change('delete', 'a\ud83d')])), isTold)
  t.equal(await gaps(), 1)
  const { items } = await store.listEvents({ node: 'node-1', key: 'a\ufffd' }, { limit: 10 })
  t.strictSame(items.map((event) => event.change).reverse(), ['appeared', 'disappeared'])
})

testStores('stores two rows of one batch whose keys become the same', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  const session = await begin(store, stream)
  const put = ['\ud83c', '\ud83d'].map((key): Change => ({ op: 'put', at: 1, type: 'gap', key, value: gap() }))

  t.match(await store.apply(session, stream.batch(put)), { outcome: 'stored', ackedSeq: 2 })
  t.match(await store.stage(session, stream.part()), { outcome: 'stored', ackedSeq: 2 })
  t.equal((await store.readNode('node-1'))?.gaps.length, 1)
})
