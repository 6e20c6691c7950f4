import t from 'tap'
import { reportOf } from '../../src/agent/findings.ts'
import { stateOf } from '../../src/model/changes.ts'
import { container, gap, snapshot } from '../helpers/builders.ts'
import { looping } from '../helpers/looping.ts'
import { idOf } from '../helpers/tasks.ts'

const HOST_NET = { net: { declared: 'host', observed: 'host' } } as const

t.test('publishes what changed, and nothing where nothing did', async (t) => {
  const before = snapshot({ containers: [container()] })
  const after = snapshot({ containers: [container({ sharing: HOST_NET }), container({ id: idOf('b') })] })
  const loop = await looping(t, { look: (number) => (number < 3 ? before : after) })

  t.strictSame(
    loop.published[0]?.map(({ op, type }) => `${op} ${type}`),
    ['put node', 'put container'],
  )
  loop.fire()
  await loop.pass(300)
  t.equal(loop.scans, 2)
  t.equal(loop.published.length, 1)
  loop.fire()
  await loop.pass(300)
  t.strictSame(
    loop.published[1]?.map(({ op, type }) => `${op} ${type}`),
    ['put container', 'put container', 'put finding'],
  )
  await loop.stop()
})

t.test('remembers the last findings, so that a gap leaves them stale', async (t) => {
  const clear = snapshot({ containers: [container({ sharing: HOST_NET })] })
  const clouded = snapshot({ gaps: [gap({ affects: ['net'] })] })
  const loop = await looping(t, { look: (number) => (number === 2 ? clouded : number === 1 ? clear : snapshot()) })

  loop.fire()
  await loop.pass(300)
  loop.fire()
  await loop.pass(300)

  t.match(
    loop.reports.map(({ findings }) => findings.map(({ stale }) => stale)),
    [[false], [true], []],
  )
  t.match(loop.published.at(-1), [
    { op: 'delete', type: 'finding', cause: 'gone' },
    { op: 'delete', type: 'gap' },
  ])
  await loop.stop()
})

t.test('goes on from what an agent before it told: only what differs travels', async (t) => {
  const before = snapshot({ containers: [container({ sharing: HOST_NET }), container({ id: idOf('gone') })] })
  const told = stateOf(reportOf(before))
  const clouded = snapshot({ gaps: [gap({ affects: ['net'] })], containers: [container()] })
  const loop = await looping(t, { told, look: () => clouded })

  t.match(
    loop.published[0]?.map(({ op, type }) => `${op} ${type}`),
    ['delete container', 'put container', 'put finding', 'put gap'],
  )
  t.match(loop.published[0]?.[2], { value: { stale: true } })
  await loop.stop()
})

t.test('tells of what keeps the agent itself from its work', async (t) => {
  const own = gap({ source: 'spool', affects: [] })
  const loop = await looping(t, { ownGaps: () => [own] })

  t.match(loop.published[0]?.at(-1), { op: 'put', type: 'gap', value: own })
  await loop.stop()
})

t.test('says “still so” at most once a minute, with its own figures', async (t) => {
  const processes = { count: 3, threads: 7 }
  const loop = await looping(t, {
    look: () => snapshot({ containers: [container({ processes }), container({ id: idOf('b'), processes })] }),
  })

  t.match(loop.looks, [{ durationMs: 42, processes: 6, threads: 14, residentBytes: 1, cpuMs: 2 }])
  await loop.pass(300)
  for (let seconds = 10; seconds < 60; seconds += 10) await loop.pass(9_999)
  t.equal(loop.looks.length, 1)
  for (let seconds = 0; seconds < 20; seconds += 10) await loop.pass(10_000)
  t.equal(loop.looks.length, 2)
  t.strictSame(loop.infos, ['scan', 'scan'])
  await loop.stop()
})

t.test('says it also after the clock was set back', async (t) => {
  const times = [1_000_000, 1_000_000, 5_000]
  const loop = await looping(t, { now: () => times.shift() ?? 5_000 })

  loop.fire()
  await loop.pass(300)

  t.equal(loop.looks.length, 2)
  await loop.stop()
})

t.test('publishes again what a transport did not take', async (t) => {
  let isBroken = true
  const taken: number[] = []
  const publish = (changes: readonly unknown[]) => {
    if (isBroken) throw new Error('full')
    taken.push(changes.length)
  }
  const loop = await looping(t, { transport: { publish, look: () => {} } })

  t.strictSame(loop.errors, ['scan failed'])
  isBroken = false
  loop.fire()
  await loop.pass(300)

  t.strictSame(taken, [1])
  await loop.stop()
})
