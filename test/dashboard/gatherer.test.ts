import { mock } from 'node:test'
import t from 'tap'
import { createGatherer } from '../../src/dashboard/gatherer.ts'

const INTERVAL_MS = 250

t.before(() => mock.timers.enable({ apis: ['setTimeout'] }))
t.teardown(() => mock.timers.reset())

t.test('passes the first on at once, and what comes soon after it once and together', async (t) => {
  const { batches, gatherer } = gather()

  gatherer.add(['finding'])
  t.strictSame(batches, [['finding']])
  for (let change = 0; change < 1000; change += 1) gatherer.add(change % 2 === 0 ? ['finding', 'node'] : ['node'])
  mock.timers.tick(INTERVAL_MS - 1)
  t.equal(batches.length, 1)
  mock.timers.tick(1)

  t.strictSame(batches, [['finding'], ['finding', 'node']])
})

t.test('passes on at once again after a quiet while, and not before', async (t) => {
  const { batches, gatherer } = gather()
  gatherer.add(['finding'])
  gatherer.add(['node'])
  mock.timers.tick(INTERVAL_MS)

  gatherer.add(['gap'])
  t.strictSame(batches, [['finding'], ['node']])
  mock.timers.tick(INTERVAL_MS)
  t.strictSame(batches, [['finding'], ['node'], ['gap']])
  mock.timers.tick(INTERVAL_MS)
  gatherer.add(['port'])

  t.strictSame(batches, [['finding'], ['node'], ['gap'], ['port']])
})

t.test('a stopped one passes nothing on', async (t) => {
  const { batches, gatherer } = gather()
  gatherer.add(['finding'])
  gatherer.add(['node'])

  gatherer.stop()
  mock.timers.tick(INTERVAL_MS)
  gatherer.add(['gap'])
  mock.timers.tick(INTERVAL_MS)

  t.strictSame(batches, [['finding']])
})

/** Notes what is passed on. */
function gather() {
  const batches: (readonly string[])[] = []
  return { batches, gatherer: createGatherer<string>((things) => void batches.push(things), INTERVAL_MS) }
}
