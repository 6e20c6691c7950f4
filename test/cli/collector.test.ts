import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { LoginAddress } from '../../src/cli/login-address.ts'
import { API, collect, ENROLMENT } from '../helpers/collect.ts'
import { launch } from '../helpers/running.ts'
import { quiet } from '../helpers/stream.ts'
import { until } from '../helpers/until.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

const FAILING_THREAD = new URL('../helpers/failing-thread.ts', import.meta.url)

t.test('writes JSON lines only, and no address that logs somebody in', async (t) => {
  const collector = await collect(t)
  await collector.says(
    /the address to log in at is told nowhere: stdout is no terminal, --login-file FILE would keep it/,
  )
  await collector.end('SIGINT')
  const lines = collector.text().trimEnd().split('\n')

  t.ok(lines.every((line) => typeof JSON.parse(line).msg === 'string'))
  t.notMatch(collector.text(), 'token=')
  t.notMatch(collector.text(), ENROLMENT)
})

t.test(
  'keeps the address to log in at in a file for its owner only, beside the store or where it is told',
  async (t) => {
    const directory = t.testdir({})
    const store = join(directory, 'kept.db')
    const named = join(directory, 'named')
    const places = { [`${store}.login`]: ['--store', store], [named]: ['--login-file', named] }
    for (const [file, args] of Object.entries(places)) {
      const collector = await collect(t, args)
      await collector.says(/the address to log in at is in a file/)
      const first = readFileSync(file, 'utf8')
      t.equal(statSync(file).mode & 0o777, 0o600)
      t.equal((await fetch(first.trim(), { redirect: 'manual' })).status, 303)
      const second = await until(() => (readFileSync(file, 'utf8') === first ? undefined : readFileSync(file, 'utf8')))
      t.equal((await fetch(second.trim(), { redirect: 'manual' })).status, 303)
      await collector.end('SIGINT')

      t.notMatch(collector.text(), 'token=')
      t.notOk(existsSync(file), 'it ends with the collector')
    }
  },
)

t.test('prints the address to log in at on a terminal', async (t) => {
  const written: string[] = []
  const stdout = Object.assign(
    new PassThrough().on('data', (chunk) => written.push(String(chunk))),
    { isTTY: true },
  )
  const directory = t.testdir({})
  const login = new LoginAddress({ stdout, file: join(directory, 'none'), log: quiet })
  login.tell('http://127.0.0.1:1/?token=x')
  await login.close()

  t.strictSame(written, ['log in once at http://127.0.0.1:1/?token=x\n'])
  t.strictSame(readdirSync(directory), [])
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

  await running.says(/no enrolment token is given: no new agent can connect/)
  await running.says(/no store is given: history ends with this process/)
})

t.test('ends when the thread of its store has, and says why, so that it is started again', async (t) => {
  const folder = t.testdir({})
  const file = join(folder, 'fail')
  const env = { NODE_OPTIONS: `--import=${FAILING_THREAD}`, FAIL_THREADS_AT: file }
  const store = join(folder, 'store.db')
  const collector = await collect(t, ['--store', store], env)
  t.equal((await fetch(`${collector.origin}/readyz`)).status, 200)
  writeFileSync(file, '')

  t.equal(await collector.ended(), 3)
  t.match(collector.text(), /"msg":"the store is lost: the collector ends"/)
  t.match(collector.text(), /nsentinel: the store's thread failed: a thread of a test fails\n$/)
  t.notOk(existsSync(`${store}.login`), 'the address to log in at is taken back')
})
