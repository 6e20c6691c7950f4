import { t } from 'tap'
import { Lobby } from '../../src/transport/lobby.ts'
import { costOf, ratesOf, Throttle, Throttles, USUAL_RATES } from '../../src/transport/throttle.ts'

const RATES = {
  frames: { perSecond: 10, burst: 100 },
  events: { perSecond: 100, burst: 1000 },
  bytes: { perSecond: 1000, burst: 10_000 },
}

t.test('lets a burst pass, and slows what goes beyond it to the rate', async (t) => {
  const throttle = new Throttle(RATES, 0)

  t.equal(throttle.charge({ frames: 1, events: 1000, bytes: 10_000 }, 0), 0)
  t.equal(throttle.charge({ frames: 1, events: 50, bytes: 0 }, 0), 500)
  t.equal(throttle.charge({ frames: 1, events: 0, bytes: 2000 }, 0), 2000, 'the longest wait of all')
  t.equal(throttle.charge({ frames: 1, events: 0, bytes: 0 }, 2000), 0)
  t.equal(throttle.charge({ frames: 0, events: 1000, bytes: 0 }, 1_000_000), 0, 'a rest brings back the burst, no more')
  t.equal(throttle.charge({ frames: 0, events: 1, bytes: 0 }, 1_000_000), 10)
})

t.test('bars for a minute who had to be slowed for its frames for long', async (t) => {
  const throttle = new Throttle(RATES, 0)
  let now = 0
  let waited = 0
  while (waited <= 30_000) {
    t.equal(throttle.barredMs(now), 0)
    const waitMs = throttle.charge({ frames: 20, events: 0, bytes: 0 }, now)
    waited += waitMs
    now += waitMs
  }

  t.equal(throttle.barredMs(now), 60_000)
  t.equal(throttle.barredMs(now + 59_999), 1)
  t.equal(throttle.barredMs(now + 60_000), 0)
})

t.test('never bars an agent that empties a full queue as fast as it may', async (t) => {
  const throttle = new Throttle(USUAL_RATES, 0)
  let now = 0
  let barred = 0
  for (let batch = 0; batch < 10_000; batch += 1) {
    now += throttle.charge({ frames: 1, events: 1000, bytes: 128 * 1024 }, now)
    barred += throttle.barredMs(now)
  }
  t.equal(barred, 0)
  t.ok(now > 10_000 * 150, 'it was slowed')
})

t.test('charges a row of a snapshot as an event, for it costs the store as much', async (t) => {
  const place = { epoch: 'e', asOfSeq: 0, takenAt: 1, part: 1, parts: 1 }

  t.match(costOf({ type: 'snapshot', ...place, items: [1, 2, 3] }, 99), { frames: 1, events: 3, bytes: 99 })
  t.match(costOf({ type: 'batch', epoch: 'e', firstSeq: 1, events: [1, 2], digest: 'd' }, 99), { frames: 1, events: 2 })
})

t.test('keeps what an agent has left over its connections, of a bounded number of agents', async (t) => {
  const throttles = new Throttles(RATES)
  const first = throttles.of('first', 0)

  t.equal(throttles.of('first', 0), first)
  for (let agent = 0; agent < 20_000; agent += 1) throttles.of(`agent-${agent}`, 0)
  t.not(throttles.of('first', 0), first)
})

t.test('has room for so many of an address and so many of all, and again when they have left', async (t) => {
  const lobby = new Lobby({ all: 3, ofAddress: 2 })
  const leave = lobby.enter('a')
  t.ok(leave)
  t.ok(lobby.enter('a'))
  t.equal(lobby.enter('a'), null)
  t.ok(lobby.enter('b'))
  t.equal(lobby.enter('c'), null)
  leave?.()
  leave?.()

  t.ok(lobby.enter('c'))
  t.equal(lobby.enter('a'), null)
})

t.test('lets twenty seconds of events and sixteen of bytes pass at once, whatever the rates', (t) => {
  t.match(USUAL_RATES, ratesOf({ events: 5000, bytes: 4 * 1024 * 1024 }))
  t.match(ratesOf({ events: 10, bytes: 1000 }), {
    frames: USUAL_RATES.frames,
    events: { perSecond: 10, burst: 200 },
    bytes: { perSecond: 1000, burst: 16_000 },
  })
  t.end()
})
