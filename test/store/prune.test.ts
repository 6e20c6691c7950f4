import { statSync } from 'node:fs'
import { t } from 'tap'
import type { Change } from '../../src/model/changes.ts'
import type { Retention, Store } from '../../src/store/store.ts'
import { TAKEN_AT } from '../helpers/builders.ts'
import { begin, openTestStore } from '../helpers/store.ts'
import { deleteFinding, findingId, putFinding, readHistory, testStream } from '../helpers/stream.ts'

const DAY = 86_400_000
const PAGE = { limit: 1000 }

t.test('forgets what was received longer ago than allowed, and says how far history reaches back', async (t) => {
  const { store, clock } = await openTestStore(t)
  const stream = testStream()
  const session = await begin(store, stream)
  await store.apply(session, stream.batch([putFinding('a')]))
  clock.now += 2 * DAY
  await store.apply(session, stream.batch([putFinding('b')]))
  const retention = { ageMs: DAY, events: 1_000_000 }
  t.match(await store.readNode('node-1'), { historySince: TAKEN_AT })

  await pruneAll(store, retention)
  const { items, historySince } = await store.listEvents({}, PAGE)
  t.strictSame(
    items.map(({ key }) => key),
    [findingId('b')],
  )
  t.equal(historySince, TAKEN_AT)
  t.match(await store.readNode('node-1'), { historySince: TAKEN_AT })

  clock.now += 2 * DAY
  await pruneAll(store, retention)
  t.same((await store.listEvents({}, PAGE)).items, [])
  t.match(await store.readNode('node-1'), { historySince: TAKEN_AT + 2 * DAY, openFindings: { high: 2 } })
})

t.test('keeps the newest events where there are too many, and never a finding that is not resolved', async (t) => {
  const { store, path } = await openTestStore(t)
  const stream = testStream()
  const session = await begin(store, stream)
  for (let from = 0; from < 3000; from += 500) await store.apply(session, stream.batch(puts(from, 500)))

  t.ok((await pruneAll(store, { ageMs: DAY, events: 1000 })) > 5)
  const kept = readHistory(path).map(({ seq }) => seq)
  t.equal(kept.length, 1000)
  t.equal(Math.min(...kept), 2001)
  t.match(await store.readNode('node-1'), { openFindings: { high: 3000 } })
  t.match(await store.apply(session, stream.batch([putFinding('next')])), { outcome: 'stored', wantSnapshot: false })
})

t.test('forgets what was resolved longer ago than allowed, on every node', async (t) => {
  const { store, clock } = await openTestStore(t)
  for (const name of ['node-1', 'node-2']) {
    const stream = testStream(name)
    const session = await begin(store, stream)
    await store.apply(session, stream.batch(puts(0, 400)))
    await store.apply(session, stream.batch(Array.from({ length: 390 }, (_, index) => deleteFinding(index))))
  }
  clock.now += 2 * DAY

  await pruneAll(store, { ageMs: 3 * DAY, events: 1_000_000 })
  t.equal((await store.listFindings({ status: 'resolved' }, PAGE)).items.length, 780)
  await pruneAll(store, { ageMs: DAY, events: 1_000_000 })
  t.same((await store.listFindings({ status: 'resolved' }, PAGE)).items, [])
  t.equal((await store.listFindings({}, PAGE)).items.length, 20)
})

t.test('gives freed space back to the file system, a little at a time', async (t) => {
  const { store, path, clock } = await openTestStore(t)
  const stream = testStream()
  const session = await begin(store, stream)
  for (let round = 0; round < 30; round += 1) {
    await store.apply(session, stream.batch([...puts(0, 250, `${round} ${'x'.repeat(2000)}`)]))
  }
  clock.now += 2 * DAY
  await pruneAll(store, { ageMs: DAY, events: 1_000_000 })
  await store.close()

  // History alone was 15 MB; what is left is 250 findings.
  t.ok(statSync(path).size < 8_000_000, `${statSync(path).size} bytes`)
})

function puts(from: number, count: number, summary = 'one'): Change[] {
  return Array.from({ length: count }, (_, index) => putFinding(from + index, { summary }))
}

/** Prunes until there is nothing more to do, and gives how many steps that took. */
async function pruneAll(store: Store, retention: Retention): Promise<number> {
  let steps = 1
  while (await store.prune(retention)) steps += 1
  return steps
}
