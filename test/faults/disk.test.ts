import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { t as root, type Test } from 'tap'
import { inspectSpool } from '../../src/transport/spool-inspect.ts'
import { FaultRun } from '../helpers/fault-run.ts'
import { type OpenFaultStore, testFaults } from '../helpers/fault-tests.ts'
import { seedOf } from '../helpers/random.ts'
import { fill, mountSmall, whyNoMount } from '../helpers/small-disk.ts'
import { until } from '../helpers/until.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
root.setTimeout(240_000)

const noMount = whyNoMount()

testFaults(
  'loses nothing when the disk is full, says so, and recovers by itself',
  { skip: noMount },
  async (t, open) => {
    const stateDir = await mountSmall(t)
    const run = await start(t, open, stateDir)
    await stored(run, 1)
    fill(join(stateDir, 'ballast'))
    await saysAgent(run, /the spool cannot be written: going on in memory .*full/)
    await stored(run, 2)
    rmSync(join(stateDir, 'ballast'))
    await saysAgent(run, /the spool is written again/)
    await run.killAgent()
    await run.startAgent()
    const { faults, ...figures } = await run.finish()

    t.comment(figures)
    t.strictSame(faults, [])
    t.equal(figures.epochs, 2, 'what the full disk did not take went in an epoch that it did not know')
  },
)

testFaults(
  'tells everything one by one when the disk was full while the collector was away',
  { skip: noMount },
  async (t, open) => {
    const stateDir = await mountSmall(t)
    const run = await start(t, open, stateDir)
    await stored(run, 1)
    await run.killCollector()
    fill(join(stateDir, 'ballast'))
    await saysAgent(run, /the spool cannot be written/)
    rmSync(join(stateDir, 'ballast'))
    await saysAgent(run, /the spool is written again/)
    await run.startCollector()
    const { faults, ...figures } = await run.finish()

    t.comment(figures)
    t.strictSame(faults, [])
    t.match(figures, { epochs: 1, resyncs: 1 })
    t.ok(figures.events > figures.folded)
  },
)

for (const catchesUp of [false, true]) {
  const when = catchesUp ? 'and it has caught up before it connects' : 'and it connects at once'
  testFaults(`begins a new epoch when its directory is put back to an older copy, ${when}`, {}, async (t, open) => {
    const run = await start(t, open)
    const copy = `${run.stateDir}.copy`
    await saysAgent(run, /connected to the collector/)
    await run.finishAgent()
    cpSync(run.stateDir, copy, { recursive: true })
    await run.startAgent()
    await toldTo(run, inspectSpool(copy).nextSeq + 300)
    const last = await run.finishAgent()
    const { nextSeq } = inspectSpool(run.stateDir)
    rmSync(run.stateDir, { recursive: true })
    cpSync(copy, run.stateDir, { recursive: true })
    if (catchesUp) await run.killCollector()
    await run.startAgent({ worldEntry: last })
    if (catchesUp) {
      await toldTo(run, nextSeq + 10)
      await run.startCollector()
    }
    await saysAgent(run, catchesUp ? /another state than was told/ : /"want":"new-epoch"/)
    const { faults, ...figures } = await run.finish()

    t.comment(figures)
    t.strictSame(faults, [])
    t.equal(figures.epochs, 2)
  })
}

testFaults('keeps a second process off a spool, and a copy of it off the collector', {}, async (t, open) => {
  const run = await start(t, open)
  await stored(run, 1)
  await t.rejects(run.startOther({}), /another process has .*spool\.sqlite/)
  const folder = `${run.stateDir}.copy`
  cpSync(run.stateDir, folder, { recursive: true })
  const copy = await run.startOther({ folder })
  await until(() => /already-connected/.exec(copy.text()) ?? undefined)
  await copy.kill()
  const { faults, ...figures } = await run.finish()

  t.comment(figures)
  t.strictSame(faults, [])
  t.match(figures, { epochs: 1, resyncs: 1 }, 'the copy told nothing')
})

/** Starts a run whose agent has its state in the run's folder, or where it is given. */
async function start(t: Test, openFaultStore: OpenFaultStore, stateDir?: string): Promise<FaultRun> {
  const folder = t.testdir({})
  const store = await openFaultStore(folder)
  return FaultRun.start(t, { seed: seedOf(t), folder, store, ...(stateDir === undefined ? {} : { stateDir }) })
}

/** Waits until the agent has logged something. */
function saysAgent(run: FaultRun, pattern: RegExp): Promise<RegExpExecArray> {
  return until(() => pattern.exec(run.agentText()) ?? undefined)
}

/** Waits until the store knows so many epochs. */
async function stored(run: FaultRun, epochs: number): Promise<void> {
  await until(async () => new Set((await run.history()).map(({ epoch }) => epoch)).size >= epochs || undefined)
}

/** Waits until the agent has given out so many numbers. */
async function toldTo({ stateDir }: FaultRun, nextSeq: number): Promise<void> {
  await until(() => inspectSpool(stateDir).nextSeq >= nextSeq || undefined)
}
