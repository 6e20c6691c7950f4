import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { t } from 'tap'
import { FaultRun } from '../helpers/fault-run.ts'
import { sqliteFaultStore } from '../helpers/fault-store.ts'
import { seedOf } from '../helpers/random.ts'
import { fill, mountSmall, whyNoMount } from '../helpers/small-disk.ts'
import { until } from '../helpers/until.ts'

// Processes are started, each of which takes seconds where the machine is busy.
t.setTimeout(240_000)

t.test(
  "loses nothing when the collector's disk is full, and goes on when it is not",
  { skip: whyNoMount() },
  async (t) => {
    const small = await mountSmall(t)
    const run = await FaultRun.start(t, { seed: seedOf(t), folder: t.testdir({}), store: sqliteFaultStore(small) })
    await run.progress()
    fill(join(small, 'ballast'))
    await until(() => /"reason":"store-failed"/.exec(run.agentText()) ?? undefined)
    t.match(run.site.text(), /could not take a frame/)
    t.match(run.site.text(), /database or disk is full/, 'the collector says why')
    const isReady = async () => (await fetch(`http://127.0.0.1:${run.site.ports[0]}/readyz`)).status === 200
    await until(async () => !(await isReady()) || undefined)
    rmSync(join(small, 'ballast'))
    await until(async () => (await isReady()) || undefined)
    await run.progress()
    const { faults, ...figures } = await run.finish()

    t.comment(figures)
    t.strictSame([...run.site.crashes, ...faults], [])
    t.match(figures, { epochs: 1, resyncs: 1 }, 'no history became a snapshot')
  },
)
