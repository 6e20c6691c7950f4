import { readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { execa } from 'execa'
import t from 'tap'
import { MAIN, nsentinel } from '../helpers/cli.ts'

// Every test starts processes, each of which takes seconds where the machine is busy.
t.setTimeout(180_000)

const ESC = '\u001b'

t.test('prints a JSON report that fits its own schema', async (t) => {
  const [schema, scan] = await Promise.all([nsentinel(['scan', '--schema']), nsentinel(['scan', '--output', 'json'])])

  t.equal(schema.exitCode, 0)
  t.equal(scan.exitCode, 0)
  t.equal(scan.stderr, '')
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(schema.stdout))
  t.ok(validate(JSON.parse(scan.stdout)), JSON.stringify(validate.errors))
})

t.test('saves what replay judges alike, for its owner only', async (t) => {
  const file = join(t.testdir({}), 'snapshot.json')
  const scan = await nsentinel(['scan', '--output', 'json', '--save', file])
  const replay = await nsentinel(['replay', file, '--output', 'json'])

  t.equal(replay.exitCode, 0)
  t.strictSame(JSON.parse(replay.stdout), JSON.parse(scan.stdout))
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.notOk('findings' in JSON.parse(readFileSync(file, 'utf8')))
})

t.test('replays the JSON of a scan as well', async (t) => {
  const scan = await nsentinel(['scan', '--output', 'json'])
  const replay = await nsentinel([
    'replay',
    join(t.testdir({ 'scan.json': scan.stdout }), 'scan.json'),
    '--output',
    'json',
  ])

  t.strictSame(JSON.parse(replay.stdout), JSON.parse(scan.stdout))
})

t.test('prints plain text when piped, and colours when told to', async (t) => {
  const [plain, coloured, refused] = await Promise.all([
    nsentinel(['scan']),
    nsentinel(['scan'], { FORCE_COLOR: '1' }),
    nsentinel(['scan'], { NO_COLOR: '1' }),
  ])

  t.match(plain.stdout, /^node {6}/)
  t.notMatch(plain.stdout, ESC)
  t.match(coloured.stdout, `${ESC}[`)
  t.notMatch(refused.stdout, ESC)
})

t.test('fits the width that it is given', async (t) => {
  const { stdout } = await nsentinel(['scan'], { COLUMNS: '80' })

  t.ok(stdout.split('\n').every((line) => line.length <= 80))
})

t.test('takes a Docker socket that does not answer for a gap', async (t) => {
  const args = ['scan', '--docker-socket', '/nonexistent/docker.sock']
  const [table, json, bar, waved] = await Promise.all([
    nsentinel(args),
    nsentinel([...args, '--output', 'json']),
    nsentinel([...args, '--fail-on', 'critical']),
    nsentinel([...args, '--fail-on', 'critical', '--allow-unknown']),
  ])

  t.equal(table.exitCode, 0)
  t.match(table.stdout, 'PARTIAL')
  t.match(table.stdout, 'docker: /nonexistent/docker.sock: missing')
  t.match(JSON.parse(json.stdout).gaps, [{ source: 'docker', reason: 'missing' }])
  t.ok([1, 3].includes(bar.exitCode ?? 0), 'unknown, unless this machine has a critical finding')
  t.ok([0, 1].includes(waved.exitCode ?? 3))
})

t.test('fails on the severity that it is told, where the agent is blind', async (t) => {
  const args = ['scan', '--docker-socket', '/nonexistent/docker.sock', '--fail-on', 'medium']

  t.equal((await nsentinel(args)).exitCode, 1)
})

t.test('explains what went wrong in one line and exits 3 when it cannot scan', async (t) => {
  const { exitCode, stdout, stderr } = await nsentinel(['scan', '--proc', t.testdir({})])

  t.equal(exitCode, 3)
  t.equal(stdout, '')
  t.match(stderr, /^nsentinel: \P{Cc}+$/u)
})

t.test('gives up when a look takes longer than it may', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ns-'))
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(directory, 'mute.sock'), resolve))
  t.teardown(async () => {
    server.close()
    await rm(directory, { recursive: true })
  })
  const { exitCode, stdout, stderr } = await nsentinel([
    ...['scan', '--docker-socket', join(directory, 'mute.sock')],
    ...['--timeout', '900ms'],
  ])

  t.equal(exitCode, 3)
  t.equal(stdout, '')
  t.equal(stderr, 'nsentinel: the look took longer than 900 ms (--timeout)')
})

t.test('refuses a file that is no snapshot in one line', async (t) => {
  const directory = t.testdir({
    'foreign.json': '{"kind":"Pod"}',
    'cut.json': '{"version":1,"con',
    binary: '\u001b\u0000',
  })

  for (const name of ['foreign.json', 'cut.json', 'binary', 'missing.json']) {
    const { exitCode, stderr } = await nsentinel(['replay', join(directory, name)])
    t.equal(exitCode, 2, name)
    t.match(stderr, /^nsentinel: cannot replay \P{Cc}+$/u)
    t.match(stderr, name)
  }
})

t.test('reads settings from the environment, flags first', async (t) => {
  const env = { NSENTINEL_OUTPUT: 'json', NSENTINEL_NODE_NAME: 'from-env' }
  const [byEnv, byFlag] = await Promise.all([
    nsentinel(['scan'], env),
    nsentinel(['scan', '--node-name', 'from-flag'], env),
  ])

  t.equal(JSON.parse(byEnv.stdout).node.name, 'from-env')
  t.equal(JSON.parse(byFlag.stdout).node.name, 'from-flag')
})

t.test('says nothing when its reader leaves', async (t) => {
  const child = execa(process.execPath, [MAIN, 'scan', '--schema'], { reject: false, buffer: { stdout: false } })
  child.stdout.destroy()
  const { stderr, exitCode } = await child

  t.equal(stderr, '')
  t.equal(exitCode, 0)
})
