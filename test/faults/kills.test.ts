import t from 'tap'
import { killAtRandom } from '../helpers/kills.ts'
import { seedOf } from '../helpers/random.ts'

const KILLS = 20

t.setTimeout(300_000)

t.test('stores every change once and in order, however often agent and collector are killed', async (t) => {
  const seed = seedOf(t)
  const { faults, ...figures } = await killAtRandom(t, { seed, kills: KILLS, folder: t.testdir({}) })

  t.comment(figures)
  t.strictSame(faults, [])
  t.equal(figures.agentKills + figures.collectorKills, KILLS)
  t.ok(figures.events > KILLS)
  t.match(figures, { epochs: 1, resyncs: 1 }, 'but for the first, no history became a snapshot')
})
