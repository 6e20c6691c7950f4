import { statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
import { launch, type Running } from '../helpers/running.ts'
import { until } from '../helpers/until.ts'

const ENROLMENT = 'an-enrolment-token-of-a-test'
const API = 'an-api-token-of-a-test'
const LISTENS = /"url":"(?<origin>http:\/\/127\.0\.0\.1:\d+)".*"msg":"collector listens"/

interface StartedCollector extends Running {
  readonly origin: string
  api(path: string): Promise<unknown>
}

async function collect(
  t: Test,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<StartedCollector> {
  const tokens = { NSENTINEL_ENROLMENT_TOKEN: ENROLMENT, NSENTINEL_API_TOKEN: API }
  const running = launch(t, ['collector', '--listen', '127.0.0.1:0', ...args], { ...tokens, ...env })
  const origin = (await running.says(LISTENS)).groups?.['origin'] ?? ''
  const api = async (path: string) => {
    const response = await fetch(`${origin}/api/v1/${path}`, { headers: { authorization: `Bearer ${API}` } })
    return response.json()
  }
  return { ...running, origin, api }
}

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

t.test('logs JSON lines only, beside the address to log in at', async (t) => {
  const collector = await collect(t)
  await collector.end('SIGINT')
  const lines = collector.text().trimEnd().split('\n')

  t.match(
    lines.filter((line) => !line.startsWith('{')),
    [/^log in once at http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/],
  )
  t.ok(lines.filter((line) => line.startsWith('{')).every((line) => typeof JSON.parse(line).msg === 'string'))
  t.notMatch(collector.text(), ENROLMENT)
})

t.test('keeps its store in a file for its owner only', async (t) => {
  const file = join(t.testdir({}), 'kept.db')
  await collect(t, ['--store', file])

  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('reads tokens from files rather than from variables', async (t) => {
  const directory = t.testdir({ api: '\none-api-token-from-a-file\nanother-token-from-a-file\n' })
  const collector = await collect(t, ['--api-token-file', join(directory, 'api')])
  const statusOf = async (token: string) =>
    (await fetch(`${collector.origin}/api/v1/nodes`, { headers: { authorization: `Bearer ${token}` } })).status

  t.equal(await statusOf('one-api-token-from-a-file'), 200)
  t.equal(await statusOf('another-token-from-a-file'), 200)
  t.equal(await statusOf(API), 401)
})

t.test('says that nobody can enrol without a token, and that memory ends', async (t) => {
  const running = launch(t, ['collector', '--listen', '[::1]:0'])

  await running.says(/no enrolment token is given: no agent can connect/)
  await running.says(/no store is given: history ends with this process/)
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
