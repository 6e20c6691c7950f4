import { once } from 'node:events'
import t, { type Test } from 'tap'
import { ProbeWatch } from '../../src/agent/probe-watch.ts'
import type { ProbeOutcome } from '../../src/model/port.ts'
import type { ProbeTarget } from '../../src/probe/probe.ts'
import { port, snapshot, TAKEN_AT } from '../helpers/builders.ts'

const LOOPBACK = { hostAddress: '127.0.0.1' } as const

/** A watch over a prober that answers as it is told, at a time that is told. */
function watching(t: Test) {
  const world = { now: TAKEN_AT, outcome: 'open' as ProbeOutcome, asked: [] as ProbeTarget[][] }
  const controller = new AbortController()
  const heard = new EventTarget()
  const watch = new ProbeWatch({
    mode: 'connect',
    now: () => world.now,
    prober: {
      probe: async (targets) => {
        world.asked.push([...targets])
        return targets.map((target) => ({
          vantage: 'host',
          ...target,
          outcome: world.outcome,
          at: world.now,
          latencyMs: world.asked.length,
        }))
      },
    },
  })
  const running = watch.watch(() => void heard.dispatchEvent(new Event('change')), controller.signal)
  t.teardown(async () => {
    controller.abort()
    await running
  })
  const look = () => watch.join(snapshot({ ports: [port(LOOPBACK)] })).ports[0]?.probe?.map(({ outcome }) => outcome)
  return { world, look, change: () => once(heard, 'change') }
}

t.test('lets no scan wait: the answers of a port are there at the next look', async (t) => {
  const { world, look, change } = watching(t)

  const changed = change()
  t.equal(look(), undefined)
  await changed

  t.strictSame(look(), ['open'])
  t.strictSame(world.asked, [[{ address: '127.0.0.1', port: 9002, protocol: 'tcp' }]])
})

t.test('asks again after a minute, and tells of another answer', async (t) => {
  const { world, look, change } = watching(t)
  const first = change()
  look()
  await first

  world.now += 59_000
  look()
  t.equal(world.asked.length, 1)
  const second = change()
  world.now += 1000
  world.outcome = 'refused'
  t.strictSame(look(), ['open'])
  await second

  t.strictSame(look(), ['refused'])
  t.equal(world.asked.length, 2)
})

t.test('forgets an answer that is too old', async (t) => {
  const { world, look, change } = watching(t)
  const first = change()
  look()
  await first

  world.now += 180_000
  t.equal(look(), undefined)
})

t.test('believes no answer from the future, which a clock that was set back makes', async (t) => {
  const { world, look, change } = watching(t)
  const first = change()
  look()
  await first

  world.now -= 3_600_000
  t.equal(look(), undefined)
})
