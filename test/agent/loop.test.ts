import t from 'tap'
import { snapshot } from '../helpers/builders.ts'
import { looping } from '../helpers/looping.ts'

t.test('looks at once, then at every interval', async (t) => {
  const loop = await looping(t, { intervalMs: 10_000 })

  t.equal(loop.scans, 1)
  await loop.pass(300)
  await loop.pass(9_699)
  t.equal(loop.scans, 1)
  await loop.pass(1)
  t.equal(loop.scans, 2)
  await loop.stop()
})

t.test('shortens an interval by up to a fifth, drawn anew each time', async (t) => {
  const draws = [0, 0.999]
  const loop = await looping(t, { intervalMs: 10_000, random: () => draws.shift() ?? 0.5 })

  await loop.pass(300)
  await loop.pass(9_699)
  t.equal(loop.scans, 1)
  await loop.pass(1)
  t.equal(loop.scans, 2)
  await loop.pass(300)
  await loop.pass(7_700)
  t.equal(loop.scans, 2)
  await loop.pass(10)
  t.equal(loop.scans, 3)
  await loop.pass(300)
  await loop.pass(8_700)
  t.equal(loop.scans, 4)
  await loop.stop()
})

t.test('looks soon after a runtime tells of a change, but not sooner than its pause', async (t) => {
  const loop = await looping(t, { intervalMs: 10_000 })

  loop.fire()
  await loop.pass(299)
  t.equal(loop.scans, 1)
  await loop.pass(1)
  t.equal(loop.scans, 2)
  await loop.pass(300)
  loop.fire()
  await loop.pass(0)
  t.equal(loop.scans, 3, 'at once when the pause is over')
  await loop.stop()
})

t.test('takes a burst of changes for one, and one during a look for another look', async (t) => {
  const during = Promise.withResolvers<void>()
  const loop = await looping(t, {
    look: async (number) => {
      if (number === 2) await during.promise
      return snapshot()
    },
  })

  for (let number = 0; number < 100; number += 1) loop.fire()
  await loop.pass(300)
  t.equal(loop.scans, 2)
  loop.fire()
  during.resolve()
  await loop.pass(0)
  await loop.pass(300)
  t.equal(loop.scans, 3, 'as the look under way may have missed it')
  await loop.pass(300)
  await loop.pass(9_699)
  t.equal(loop.scans, 3)
  await loop.stop()
})

t.test('keeps its pause where the interval is shorter', async (t) => {
  const loop = await looping(t, { intervalMs: 100 })

  await loop.pass(299)
  t.equal(loop.scans, 1)
  await loop.pass(1)
  await loop.pass(1)
  t.equal(loop.scans, 2)
  await loop.stop()
})

t.test('logs a scan that fails, changes nothing and goes on', async (t) => {
  const loop = await looping(t, {
    look: (number) => (number === 2 ? Promise.reject(new Error('no procfs')) : snapshot()),
  })

  loop.fire()
  await loop.pass(300)
  t.strictSame(loop.errors, ['scan failed'])
  t.equal(loop.published.length, 1)
  loop.fire()
  await loop.pass(300)
  t.equal(loop.scans, 3)
  t.equal(loop.reports.length, 2)
  await loop.stop()
})

t.test('goes on at its interval where a runtime cannot be watched', async (t) => {
  const watch = async () => Promise.reject(new Error('no events'))
  const loop = await looping(t, { runtimes: [{ watch }, {}] })

  t.strictSame(loop.errors, ['watching a runtime failed'])
  await loop.pass(300)
  await loop.pass(9_700)
  t.equal(loop.scans, 2)
  await loop.stop()
})

t.test('watches a runtime as the object that it is', async (t) => {
  class Runtime {
    readonly #seen: unknown[] = []
    async watch(): Promise<void> {
      this.#seen.push(this)
    }
  }
  const loop = await looping(t, { runtimes: [new Runtime()] })

  t.strictSame(loop.errors, [])
  await loop.stop()
})

for (const when of [0, 150, 5_000]) {
  t.test(`ends at once when it is told to ${when} ms after a look`, async (t) => {
    const loop = await looping(t)
    await loop.pass(when)

    await loop.stop()

    t.equal(loop.scans, 1)
    t.strictSame(loop.errors, [])
  })
}

t.test('ends at once during a look, and does not call that a failure', async (t) => {
  const loop = await looping(t, {
    look: (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  })

  await loop.stop()

  t.strictSame(loop.errors, [])
  t.strictSame(loop.published, [])
})
