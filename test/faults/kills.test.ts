import { t } from 'tap'
import { testFaults } from '../helpers/fault-tests.ts'
import { killAtRandom } from '../helpers/kills.ts'
import { seedOf } from '../helpers/random.ts'

t.setTimeout(300_000)

testFaults(
  'stores every change once and in order, however often agents, collectors and the database are killed or frozen',
  {},
  async (t, openFaultStore) => {
    const folder = t.testdir({})
    const store = await openFaultStore(folder)
    const agents = store.collectors
    // On PostgreSQL each of what may be done once.
    const kills = store.restart === null ? 20 : 6
    const { faults, ...figures } = await killAtRandom(t, { seed: seedOf(t), kills, agents, folder, store })

    t.comment(figures)
    t.strictSame(faults, [])
    t.equal(sum(figures.deeds), kills)
    t.ok(figures.events > kills)
    t.match(figures, { epochs: agents, resyncs: agents }, 'but for the first, no history became a snapshot')
  },
)

function sum(counts: Readonly<Record<string, number>>): number {
  let total = 0
  for (const count of Object.values(counts)) total += count
  return total
}
