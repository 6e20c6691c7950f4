import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
import { nsentinelHere } from '../helpers/cli.ts'
import { collect, ENROLMENT } from '../helpers/collect.ts'
import { launch } from '../helpers/running.ts'
import { until } from '../helpers/until.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

t.test('takes in what an agent tells, and shows it by its API', async (t) => {
  const collector = await collect(t)
  const heartbeatFile = join(t.testdir({}), 'heartbeat')
  const agent = launch(
    t,
    [
      'agent',
      '--collector',
      collector.origin.replace('http', 'ws'),
      '--node-name',
      'told',
      '--heartbeat-file',
      heartbeatFile,
    ],
    { NSENTINEL_TOKEN: ENROLMENT },
  )
  await agent.says(/"msg":"connected to the collector"/)

  const looked = async () => {
    const text = JSON.stringify(await collector.api('nodes'))
    return text.includes('"lastLook":{') ? text : undefined
  }
  const nodes = await until(looked)
  t.match(JSON.parse(nodes), { items: [{ name: 'told', status: 'online', agentVersion: packageJson.version }] })
  t.ok(statSync(heartbeatFile).size > 0)
  t.equal(await agent.end('SIGTERM'), 0)
  await agent.says(/"msg":"agent stopped"/)
  t.equal(await collector.end('SIGTERM'), 0)
  t.match(collector.text(), '"msg":"collector stopped"')
})

t.test('turns an agent with a wrong token away, which says why and stays', async (t) => {
  const collector = await collect(t)
  const agent = launch(t, ['agent', '--collector', collector.origin.replace('http', 'ws')], {
    NSENTINEL_TOKEN: 'a-wrong-token-of-a-test',
  })

  await agent.says(
    /"reason":"wrong-token","meaning":"the enrolment token is not accepted","msg":"the collector refused the connection"/,
  )
  await collector.says(/"reason":"wrong-token","address":"127.0.0.1",.*"msg":"refused an agent"/)
  t.match(await collector.api('nodes'), { items: [] })
  const audit = await until(async () => {
    const text = JSON.stringify(await collector.api('audit'))
    return text.includes('wrong-token') ? text : undefined
  })
  t.match(JSON.parse(audit), { items: [{ action: 'refused', reason: 'wrong-token', address: '127.0.0.1' }] })
  t.equal(await agent.end('SIGTERM'), 0)
})

t.test('is the same agent after a restart by the secret in its state directory, without a token', async (t) => {
  const stateDir = join(t.testdir({}), 'state')
  const collector = await collect(t)
  const args = ['agent', '--collector', collector.origin.replace('http', 'ws'), '--state-dir', stateDir]
  const first = launch(t, args, { NSENTINEL_TOKEN: ENROLMENT })
  await first.says(/"msg":"connected to the collector"/)
  t.equal(statSync(join(stateDir, 'secret')).mode & 0o777, 0o600)
  await first.end('SIGTERM')

  const second = launch(t, args)
  await second.says(/"msg":"connected to the collector"/)
  await second.end('SIGTERM')

  const thief = launch(t, args.slice(0, 3), { NSENTINEL_TOKEN: ENROLMENT })
  await thief.says(/"reason":"wrong-secret","meaning":"an agent of this name is enrolled with another secret/)
  await collector.says(/"reason":"wrong-secret".*"msg":"refused an agent"/)
})

t.test('needs something to show', async (t) => {
  const { exitCode, stderr } = await nsentinelHere(['agent', '--collector', 'ws://127.0.0.1:1'])

  t.equal(exitCode, 2)
  t.match(stderr, /^nsentinel: --token-file \(or NSENTINEL_TOKEN\) is missing: expected the enrolment token$/)
})
