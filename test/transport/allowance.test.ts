import t from 'tap'
import { Allowance } from '../../src/transport/allowance.ts'

const size = { burst: 3, perMinute: 6 }

t.test('lets so many through at once, and then one after the other', async (t) => {
  const allowance = new Allowance(size, 0)

  t.strictSame(
    [1, 2, 3, 4].map(() => allowance.take(0)),
    [0, 0, 0, 10_000],
  )
  t.equal(allowance.take(4000), 6000, 'asking again costs nothing')
  t.equal(allowance.take(10_000), 0)
  t.equal(allowance.take(10_000), 10_000)
})

t.test('saves up no more than it lets through at once', async (t) => {
  const allowance = new Allowance(size, 0)

  t.strictSame(
    [1, 2, 3, 4].map(() => allowance.take(1_000_000)),
    [0, 0, 0, 10_000],
  )
})

t.test('a clock that was set back gives nothing away', async (t) => {
  const allowance = new Allowance(size, 1_000_000)
  for (let count = 0; count < 3; count += 1) allowance.take(1_000_000)

  t.equal(allowance.take(0), 10_000)
  t.equal(allowance.take(10_000), 0, 'it goes on from where the clock is')
})
