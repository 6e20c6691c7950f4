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
