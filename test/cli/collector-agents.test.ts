import { join } from 'node:path'
import { t } from 'tap'
import { nsentinelHere } from '../helpers/cli.ts'
import { credentialsOf } from '../helpers/client.ts'
import { putFinding } from '../helpers/stream.ts'
import { audited, refused, speak, startTrusting, welcomed } from '../helpers/trust.ts'
import { until } from '../helpers/until.ts'

t.test('lists who has enrolled, and lets an operator reset one while the collector runs', async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  const agents = (...args: readonly string[]) => nsentinelHere(['collector', 'agents', ...args, '--store', store])
  const collector = await startTrusting(t, { store })
  const first = speak(t, collector)
  await welcomed(first)
  const newcomer = () => speak(t, collector, { shows: { secret: credentialsOf('newcomer').secret } })
  await refused(collector, newcomer(), 'wrong-secret')

  t.match((await agents('list')).stdout, /^node-1 {2}by secret since \S+Z {2}node node-1 {2}last seen \S+Z$/)
  t.match(await agents('reset', 'node-1'), { exitCode: 0, stdout: /^node-1 is forgotten/ })
  first.publish([putFinding('after')])
  await until(() => first.log.lines.find(([, fields]) => Reflect.get(fields, 'reason') === 'fenced'))
  await welcomed(newcomer())
  await refused(collector, speak(t, collector), 'wrong-secret')
  const { items } = await collector.store.listAudit({ limit: 10 })
  t.ok(items.some(({ action, agentId }) => action === 'reset' && agentId === 'node-1'))
  await audited(collector, 'wrong-secret')
})

t.test('says what is wrong with a name or a store', async (t) => {
  const store = join(t.testdir({}), 'kept.db')
  t.match(await nsentinelHere(['collector', 'agents', 'list', '--store', store]), {
    exitCode: 2,
    stderr: /--store: expected the file of a store/,
  })
  await startTrusting(t, { store })
  t.match(await nsentinelHere(['collector', 'agents', 'list', '--store', store]), { stdout: 'no agent has enrolled' })
  t.match(await nsentinelHere(['collector', 'agents', 'reset', 'nobody', '--store', store]), {
    exitCode: 2,
    stderr: /expected the name of an agent that has enrolled, got "nobody"/,
  })
  t.match(await nsentinelHere(['collector', 'agents', 'list']), { exitCode: 2, stderr: /--store .*is missing/ })
})
