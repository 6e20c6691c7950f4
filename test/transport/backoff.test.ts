import { t } from 'tap'
import { fullJitter } from '../../src/transport/backoff.ts'

const BOUNDS = { firstMs: 100, mostMs: 1000 }

t.test('draws from zero to a bound that doubles with every failure, up to the most', async (t) => {
  const longest = [0, 1, 2, 3, 4, 5, 1000].map((failures) => fullJitter(failures, BOUNDS, () => 1))

  t.strictSame(longest, [100, 200, 400, 800, 1000, 1000, 1000])
  t.equal(
    fullJitter(3, BOUNDS, () => 0),
    0,
  )
  t.equal(
    fullJitter(3, BOUNDS, () => 0.5),
    400,
  )
})
