import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { run } from '../../src/cli/run.ts'
import type { Report } from '../../src/model/finding.ts'
import { container, snapshot, TAKEN_AT } from '../helpers/builders.ts'

const SHARED = container({ sharing: { net: { declared: 'host', observed: 'host' } } })
const SNAPSHOT = JSON.stringify(snapshot({ containers: [SHARED] }))

/** Expires on the day after the snapshot, which is long past when this runs. */
const POLICY = `version: 1
exceptions:
  - id: web
    reason: It is a test.
    expires: 2026-01-03
    match: {rule: shared-net-namespace, container: web}
`

t.test('says of a right file what it accepts', async (t) => {
  const file = join(t.testdir({ 'policy.yaml': POLICY }), 'policy.yaml')
  const { exitCode, stdout, stderr } = await nsentinel(['policy', 'check', file])

  t.equal(exitCode, 0)
  t.equal(stderr, '')
  t.match(stdout, /^policy [0-9a-f]{64}\n/)
  t.match(
    stdout,
    'web until 2026-01-03 00:00:00Z: expired, it accepts nothing\n  rule shared-net-namespace · container web\n',
  )
  t.match(stdout, '1 exception. Packs in force: nsentinel, kubeadm, flannel, calico, cilium, node-exporter.\n')
})

t.test('says of a wrong file where it is wrong, all at once, and exits 2', async (t) => {
  const wrong = POLICY.replace('It is a test.', '').replace('shared-net-namespace', 'shared-network')
  const file = join(t.testdir({ 'policy.yaml': wrong }), 'policy.yaml')
  const { exitCode, stdout, stderr } = await nsentinel(['policy', 'check', file])

  t.equal(exitCode, 2)
  t.equal(stdout, '')
  t.strictSame(stderr.trimEnd().split('\n'), [
    `${file}:4:13: exceptions[0].reason: expected a text`,
    `${file}:6:19: exceptions[0].match.rule[0]: matches no rule`,
  ])
})

t.test('refuses a wrong or missing policy in one line, whichever command is given it', async (t) => {
  const wrong = join(t.testdir({ 'policy.yaml': 'version: 2' }), 'policy.yaml')
  const lines = [
    ['scan', '--policy', wrong],
    ['start', '--port', '0', '--policy', wrong],
    ['agent', '--collector', 'ws://127.0.0.1:9', '--policy', wrong],
  ]
  for (const args of lines) {
    const { exitCode, stderr } = await nsentinel(args, { NSENTINEL_TOKEN: 'x'.repeat(32) })
    t.equal(exitCode, 2)
    t.equal(stderr, `nsentinel: --policy: expected a policy, got ${wrong}:1:10: version: expected 1\n`)
  }
  const missing = await nsentinel(['policy', 'check', join(t.testdirName, 'none')])
  t.equal(missing.exitCode, 2)
  t.match(missing.stderr, /^nsentinel: cannot read the policy .*none: ENOENT/)
})

t.test("judges a replay by the policy that it is given, at the snapshot's moment", async (t) => {
  const folder = t.testdir({ 'policy.yaml': POLICY, 'snapshot.json': SNAPSHOT })
  const replay = (...more: string[]) =>
    nsentinel([
      'replay',
      join(folder, 'snapshot.json'),
      '--output',
      'json',
      '--fail-on',
      'low',
      '--allow-unknown',
      ...more,
    ])
  const [without, withPolicy] = await Promise.all([replay(), replay('--policy', join(folder, 'policy.yaml'))])

  t.equal(without.exitCode, 1)
  t.match(findingsOf(without.stdout), [{ status: 'open' }])
  t.equal(withPolicy.exitCode, 0)
  t.match(findingsOf(withPolicy.stdout), [
    { status: 'accepted', acceptance: { exception: 'web', reason: 'It is a test.', expiresAt: Date.UTC(2026, 0, 3) } },
  ])
  t.ok(TAKEN_AT < Date.UTC(2026, 0, 3))
})

t.test('says when a replay is judged by another policy than the look was', async (t) => {
  const folder = t.testdir({ 'policy.yaml': POLICY, 'snapshot.json': SNAPSHOT })
  const first = await nsentinel([
    'replay',
    join(folder, 'snapshot.json'),
    '--output',
    'json',
    '--policy',
    join(folder, 'policy.yaml'),
  ])
  const again = join(t.testdir({ 'scan.json': first.stdout }), 'scan.json')
  const replayed = await nsentinel(['replay', again, '--output', 'json'])

  t.equal(first.stderr, '')
  t.match(replayed.stderr, 'another policy was in force')
  t.match(findingsOf(replayed.stdout), [{ status: 'open' }])
})

t.test('suggests what makes a saved look acceptable once the reasons are filled in', async (t) => {
  const folder = t.testdir({ 'snapshot.json': SNAPSHOT })
  const file = join(folder, 'snapshot.json')
  const policy = join(folder, 'policy.yaml')
  const suggested = await nsentinel(['policy', 'suggest', '--from', file])
  writeFileSync(policy, suggested.stdout.replace('reason: ""', 'reason: because'))
  const replay = await nsentinel(['replay', file, '--fail-on', 'info', '--allow-unknown', '--policy', policy])

  t.equal(suggested.exitCode, 0)
  t.equal(replay.exitCode, 0)
})

t.test('suggests from a look at this machine', async (t) => {
  const { exitCode, stdout } = await nsentinel(['policy', 'suggest'])

  t.equal(exitCode, 0)
  t.match(stdout, /^# Accepts what is open on .*\n# Say in each reason .*\n(?:#.*\n)*version: 1\nexceptions:/)
})

t.test('shows help with an example for both of its commands', async (t) => {
  for (const command of ['check', 'suggest']) {
    const { stdout } = await nsentinel(['policy', command, '--help'])
    t.match(stdout, `Example:\n  nsentinel policy ${command}`)
  }
})

/** Runs a command line in this process. */
async function nsentinel(args: readonly string[], env: Record<string, string> = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const texts = Promise.all([text(stdout), text(stderr)])
  const exitCode = await run({ argv: ['node', 'nsentinel', ...args], env, stdout, stderr })
  stdout.end()
  stderr.end()
  const [out, err] = await texts
  return { exitCode, stdout: out, stderr: err }
}

function findingsOf(json: string): Report['findings'] {
  const { findings }: Report = JSON.parse(json)
  return findings
}
