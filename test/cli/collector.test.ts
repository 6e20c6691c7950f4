import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { API, collect, ENROLMENT } from '../helpers/collect.ts'
import { launch } from '../helpers/running.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

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
