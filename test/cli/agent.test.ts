import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
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

  await agent.says(/"meaning":"the enrolment token is not accepted","msg":"the collector refused the connection"/)
  t.match(await collector.api('nodes'), { items: [] })
  t.equal(await agent.end('SIGTERM'), 0)
})
