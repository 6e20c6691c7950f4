import { join } from 'node:path'
import t, { type Test } from 'tap'
import * as z from 'zod'
import { nsentinel } from '../helpers/cli.ts'
import { collect, ENROLMENT, type StartedCollector } from '../helpers/collect.ts'
import { launch, type Running } from '../helpers/running.ts'
import { readHistory } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

const inspection = z.object({
  epoch: z.string(),
  firstSeq: z.number(),
  nextSeq: z.number(),
  waiting: z.number(),
  stateRows: z.number(),
  ackedAt: z.number().nullable(),
  integrity: z.string(),
})

t.test('goes on where it was when it is killed and started again: no new epoch, no second snapshot', async (t) => {
  const folder = t.testdir({})
  const store = join(folder, 'store.db')
  const stateDir = join(folder, 'state')
  const collector = await collect(t, ['--store', store])
  const first = startAgent(t, collector, stateDir)
  await first.says(/"want":"snapshot".*"msg":"connected to the collector"/)
  await until(() => (readHistory(store).length > 0 ? true : undefined))
  await first.end('SIGKILL')
  const second = startAgent(t, collector, stateDir)
  await second.says(/"want":"resume".*"msg":"connected to the collector"/)
  await second.says(/"msg":"scan"/)
  await second.end('SIGTERM')

  const history = readHistory(store)
  t.equal(new Set(history.map(({ epoch }) => epoch)).size, 1)
  t.equal(history.filter(({ op }) => op === 'resync').length, 1)
  const { epoch, waiting, stateRows, integrity } = await inspect(stateDir)
  t.match({ epoch, waiting, integrity }, { epoch: history[0]?.epoch, waiting: 0, integrity: 'ok' })
  t.ok(stateRows > 0)
})

t.test('shows its state directory while it runs, and leaves it to one agent', async (t) => {
  const stateDir = join(t.testdir({}), 'state')
  const collector = await collect(t)
  const agent = startAgent(t, collector, stateDir)
  await agent.says(/"msg":"connected to the collector"/)
  const shown = await nsentinel(['agent', '--inspect-spool', '--state-dir', stateDir])

  t.match(shown, { exitCode: 0, stderr: '' })
  t.match(shown.stdout, /^integrity +ok$/m)
  t.match(shown.stdout, new RegExp(`^epoch +${(await inspect(stateDir)).epoch}$`, 'm'))
  const second = startAgent(t, collector, stateDir)
  await second.says(/^nsentinel: --state-dir: expected a directory that no other agent uses, got .*state$/m)
  t.equal(await second.ended(), 2)
  t.equal(await agent.end('SIGTERM'), 0)
})

t.test('says what is missing to inspect', async (t) => {
  t.match(await nsentinel(['agent', '--inspect-spool']), {
    exitCode: 2,
    stderr: 'nsentinel: --state-dir (or NSENTINEL_STATE_DIR) is missing: expected a directory',
  })
  t.match(await nsentinel(['agent', '--inspect-spool', '--state-dir', t.testdir({})]), {
    exitCode: 3,
    stderr: /cannot inspect the spool .*spool\.sqlite: there is none: no agent has used this directory/,
  })
})

function startAgent(t: Test, { origin }: StartedCollector, stateDir: string): Running {
  const args = ['--collector', origin.replace('http', 'ws'), '--node-name', 'kept', '--state-dir', stateDir]
  return launch(t, ['agent', ...args], { NSENTINEL_TOKEN: ENROLMENT })
}

async function inspect(stateDir: string): Promise<z.infer<typeof inspection>> {
  const { stdout } = await nsentinel(['agent', '--inspect-spool', '--state-dir', stateDir, '--output', 'json'])
  return inspection.parse(JSON.parse(stdout))
}
