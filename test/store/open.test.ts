import { begin, openSession, proofOf, testStores } from '../helpers/store.ts'
import { putFinding, testStream } from '../helpers/stream.ts'

const TEN_MINUTES = 10 * 60_000

testStores(
  'lets one agent speak for a node, and another one only when that one has long been silent',
  async (t, openTestStore) => {
    const { store, clock } = await openTestStore()
    const stream = testStream()
    const rival = testStream()
    const session = await begin(store, stream)
    await store.apply(session, stream.batch([putFinding('a')]))
    const other = rival.hello({ agentId: 'another' })

    t.strictSame(await store.open(other, proofOf(other)), { outcome: 'refused', reason: 'node-taken' })
    await store.end(session)
    t.strictSame(await store.open(other, proofOf(other)), { outcome: 'refused', reason: 'node-taken' })
    clock.now += TEN_MINUTES
    t.match(await store.open(other, proofOf(other)), { outcome: 'opened', want: 'snapshot' })
    t.match(await store.readNode('node-1'), { agentId: 'another', openFindings: { high: 1 } })
  },
)

testStores('follows an agent whose node has another name now', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const stream = testStream()
  await begin(store, stream)
  await openSession(store, stream.hello({ node: 'renamed' }))

  t.equal(await store.readNode('node-1'), null)
  t.match(await store.readNode('renamed'), { agentId: 'agent-of-node-1' })
})
