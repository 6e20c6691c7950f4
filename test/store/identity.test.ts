import type { NamedProof } from '../../src/model/speaker.ts'
import type { Hello } from '../../src/model/stream.ts'
import { begin, openSession, proofOf, testStores } from '../helpers/store.ts'
import { testStream } from '../helpers/stream.ts'

const TEN_MINUTES = 10 * 60_000
const stream = testStream()
const kept = stream.hello({ keepsSecret: true })
const others = proofOf({ agentId: 'somebody else' })

testStores('binds an agent to its secret at the first hello, and knows it from then on', async (t, openTestStore) => {
  const { store } = await openTestStore()

  t.notOk(await store.knowsSecret(proofOf(kept).secretHash))
  t.match(await store.open(kept, proofOf(kept)), { outcome: 'opened', enrolled: true })
  t.ok(await store.knowsSecret(proofOf(kept).secretHash))
  t.match(await store.open(kept, proofOf(kept, { enrols: 'no' })), { outcome: 'opened', enrolled: false })
})

testStores(
  'refuses a stolen agent id, whatever token comes with it, and stores nothing of it',
  async (t, openTestStore) => {
    const { store } = await openTestStore()
    const session = await openSession(store, kept)

    t.equal(await store.judge(kept, others), 'wrong-secret')
    t.match(await store.open(kept, others), { outcome: 'refused', reason: 'wrong-secret' })
    t.match(await store.stage(session, stream.part()), { outcome: 'stored' }, 'the agent was not disturbed')
  },
)

testStores('refuses the secret of another agent', async (t, openTestStore) => {
  const { store } = await openTestStore()
  await openSession(store, kept)
  const copied = testStream('node-2').hello({ keepsSecret: true })

  t.match(await store.open(copied, proofOf(kept)), { outcome: 'refused', reason: 'wrong-identity' })
  t.equal(await store.readNode('node-2'), null)
})

testStores('keeps the node of an agent that keeps its secret, however long it is silent', async (t, openTestStore) => {
  const { store, clock } = await openTestStore()
  await store.end(await openSession(store, kept))
  clock.now += 100 * TEN_MINUTES
  const thief = stream.hello({ agentId: 'thief' })

  t.match(await store.open(thief, proofOf(thief)), { outcome: 'refused', reason: 'node-taken' })
})

testStores('lets an agent whose secret ended with its process enrol again', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const hello = stream.hello()
  await begin(store, stream)

  t.match(await store.open(hello, { ...others, enrols: 'no' }), { reason: 'unknown-secret' })
  t.match(await store.open(hello, others), { outcome: 'opened', enrolled: true })
  t.notOk(await store.knowsSecret(proofOf(hello).secretHash), 'the secret before is worth nothing')
})

testStores('lets the agent of its own process take the place of any other', async (t, openTestStore) => {
  const { store } = await openTestStore()
  await openSession(store, kept)

  t.match(await store.open(kept, { ...others, enrols: 'any' }), { outcome: 'opened', enrolled: true })
})

testStores(
  'takes an agent with a certificate under the names in it only, and no secret for it any more',
  async (t, openTestStore) => {
    const { store } = await openTestStore()
    const hello = (given: Partial<Hello> = {}) => stream.hello({ agentId: 'node-1', ...given })
    const proof: NamedProof = { by: 'certificate', names: ['node-1', 'node-1.example'] }

    t.match(await store.open(hello({ agentId: 'node-2' }), proof), { reason: 'wrong-identity' })
    t.match(await store.open(hello({ node: 'node-2' }), proof), { reason: 'wrong-identity' })
    t.match(await store.open(hello(), { ...proof, names: [] }), { reason: 'wrong-identity' })
    t.match(await store.open(hello(), proof), { outcome: 'opened', enrolled: true })
    t.match(await store.open(hello(), proof), { outcome: 'opened', enrolled: false })
    t.match(await store.open(hello(), others), { outcome: 'refused', reason: 'wrong-secret' })
  },
)

testStores(
  'binds who is vouched for as a node to that node, also in the place of a secret that was lost',
  async (t, openTestStore) => {
    const { store } = await openTestStore()
    const hello = (given: Partial<Hello> = {}) => stream.hello({ agentId: 'node-1', keepsSecret: true, ...given })
    const vouched = proofOf({ agentId: 'node-1' }, { enrols: { node: 'node-1' } })
    const renewed = proofOf({ agentId: 'node-1 after its disk' }, { enrols: { node: 'node-1' } })

    t.match(await store.open(hello({ agentId: 'node-2', node: 'node-2' }), vouched), { reason: 'wrong-node' })
    t.match(await store.open(hello({ node: 'node-2' }), vouched), { reason: 'wrong-node' })
    t.match(await store.open(hello({ agentId: 'node-2' }), vouched), { reason: 'wrong-node' })
    t.match(await store.open(hello(), vouched), { outcome: 'opened', enrolled: true })
    t.equal(await store.judge(hello(), others), 'wrong-secret')
    t.match(await store.open(hello(), renewed), { outcome: 'opened', enrolled: true })
    t.notOk(await store.knowsSecret(vouched.secretHash), 'the secret before is worth nothing')
  },
)

testStores('lets no token take the place of a certificate, nor of another agent', async (t, openTestStore) => {
  const { store } = await openTestStore()
  const hello = (given: Partial<Hello> = {}) => stream.hello({ agentId: 'node-1', keepsSecret: true, ...given })
  await store.open(hello(), { by: 'certificate', names: ['node-1'] })
  await openSession(store, testStream('node-2').hello({ agentId: 'squatter', keepsSecret: true }))
  const tokenOf = (node: string) => proofOf({ agentId: `token of ${node}` }, { enrols: { node } })

  t.match(await store.open(hello(), tokenOf('node-1')), { outcome: 'refused', reason: 'wrong-secret' })
  const second = testStream('node-2').hello({ agentId: 'node-2', keepsSecret: true })
  t.match(await store.open(second, tokenOf('node-2')), { outcome: 'refused', reason: 'node-taken' })
})
