import { join } from 'node:path'
import t, { type Test } from 'tap'
import { makeAuthority } from '../helpers/authority.ts'
import { container, node, port, report } from '../helpers/builders.ts'
import { whyNoCertificates } from '../helpers/certificates.ts'
import { nsentinelHere } from '../helpers/cli.ts'
import { doer, OPERATOR } from '../helpers/commanding.ts'
import { doing } from '../helpers/doing.ts'
import { certified, speak, startTrusting, welcomed } from '../helpers/trust.ts'

const skip = whyNoCertificates()
const interfaces = [{ name: 'lo', addresses: [{ family: 'ipv4', address: '127.0.0.1' }] }] as const
const seen = report({
  node: node({ interfaces }),
  containers: [container({ sharing: { net: { declared: 'private', observed: 'host' } } })],
  ports: [port({ hostAddress: '127.0.0.1', hostPort: 9002, mechanism: 'host-listener', targets: [] })],
})

/** Starts a collector with an agent, and gives what asks it on a command line. */
async function asking(t: Test) {
  const collector = await startTrusting(t, { apiTokens: [OPERATOR] })
  const { carryOut } = doing(seen)
  await welcomed(speak(t, collector, { doer: doer({ carryOut }) }))
  const { origin } = new URL(collector.url.href.replace('ws', 'http'))
  return (...args: readonly string[]) =>
    nsentinelHere(['ask', ...args], { NSENTINEL_COLLECTOR: origin, NSENTINEL_API_TOKEN: OPERATOR })
}

t.test('prints what a node answers, for people and as JSON', async (t) => {
  const ask = await asking(t)

  const scan = await ask('node-1', 'scan')
  t.match(scan, { exitCode: 0, stderr: '' })
  t.match(scan.stdout, /^node {6}node-1/m)
  const probe = await ask('node-1', 'probe', '9002')
  t.match(probe, { exitCode: 0, stderr: '' })
  t.match(probe.stdout, /^2 answers on node-1\n/)
  t.match(probe.stdout, /tcp 127\.0\.0\.1:9002 +open +host-listener/)
  const triage = await ask('node-1', 'triage')
  t.match(triage, { exitCode: 0, stderr: '' })
  t.match(triage.stdout, /finding.* on node-1, 0 listeners\n/)
  t.match(JSON.parse((await ask('node-1', 'triage', '--output', 'json')).stdout), { node: 'node-1', about: null })
  t.match(JSON.parse((await ask('node-1', 'scan', '--output', 'json')).stdout), {
    version: 1,
    node: { name: 'node-1' },
  })
})

t.test('has the exit code of the scan that it asked for', async (t) => {
  const ask = await asking(t)

  t.match(await ask('node-1', 'scan', '--fail-on', 'critical'), { exitCode: 1 })
})

t.test('says in one line why there is no answer', async (t) => {
  const ask = await asking(t)

  t.match(await ask('node-2', 'scan'), { exitCode: 3, stdout: '', stderr: /no agent has ever spoken .*\(not-found\)$/ })
  t.match(await ask('node-1', 'triage', '--pod', 'a/b'), { exitCode: 3, stderr: /\(command-refused\)$/ })
  const api = join(t.testdir({ api: 'the-token-of-nobody-here' }), 'api')
  t.match(await ask('node-1', 'scan', '--api-token-file', api), {
    exitCode: 3,
    stderr: /^nsentinel: node-1 was not asked: the collector does not accept this token$/,
  })
  t.match(await ask('node-1', 'scan', '--collector', 'http://127.0.0.1:1'), {
    exitCode: 3,
    stderr: /^nsentinel: cannot ask the collector at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
  })
})

t.test('speaks TLS, and only with a collector that an authority vouches for', { skip }, async (t) => {
  const authority = await makeAuthority(t.testdir({}))
  const files = await authority.issue({ name: 'collector', altNames: 'IP:127.0.0.1' })
  const tls = { ...files, clientCa: null }
  const listen = { address: '127.0.0.1', port: 0, insecure: false, tls }
  const collector = await startTrusting(t, { apiTokens: [OPERATOR], listen })
  await welcomed(speak(t, collector, { doer: doer(), shows: certified(authority.ca, null) }))
  const { origin } = new URL(collector.url.href.replace('ws', 'http'))
  const ask = (...args: readonly string[]) =>
    nsentinelHere(['ask', 'node-1', 'scan', '--collector', origin, ...args], { NSENTINEL_API_TOKEN: OPERATOR })

  t.match(await ask('--ca', authority.ca), { exitCode: 0, stderr: '' })
  t.match(await ask(), { exitCode: 3, stderr: /^nsentinel: cannot ask the collector at https:/ })
})

t.test('names what is wrong with a command line', async (t) => {
  const ask = await asking(t)
  const wrong: [RegExp, ...string[]][] = [
    [/COMMAND: expected one of scan, probe, triage, got ""/, 'node-1'],
    [/COMMAND: expected one of scan, probe, triage, got "exec"/, 'node-1', 'exec'],
    [/PORT: expected 1 to 64 ports behind probe, got 0/, 'node-1', 'probe'],
    [/PORT: expected a port such as .*, got "192.0.2.1:80"/, 'node-1', 'probe', '192.0.2.1:80'],
    [/PORT: expected a port such as .*, got "80-81"/, 'node-1', 'probe', '80-81'],
    [/expected nothing behind scan, got "80"/, 'node-1', 'scan', '80'],
    [/expected one of them, got several/, 'node-1', 'triage', '--pod', 'a/b', '--pid', '1'],
    [/--pid: expected with triage only, got it with scan/, 'node-1', 'scan', '--pid', '1'],
    [/--pod: expected with triage only, got it with probe/, 'node-1', 'probe', '80', '--pod', 'a/b'],
    [/--container: expected with scan or triage only, got it with probe/, 'node-1', 'probe', '80', '--container', 'a'],
    [/--mode: expected with probe only, got it with triage/, 'node-1', 'triage', '--mode', 'connect'],
    [/--fail-on: expected with scan only, got it with triage/, 'node-1', 'triage', '--fail-on', 'low'],
    [/--allow-unknown: expected with scan only, got it with probe/, 'node-1', 'probe', '80', '--allow-unknown'],
    [/--pid: expected the number of a process/, 'node-1', 'triage', '--pid', 'x'],
    [/--timeout: expected 1s to 60s, got 61000 ms/, 'node-1', 'scan', '--timeout', '61s'],
    [/--collector: expected https:\/\/ off loopback/, 'node-1', 'scan', '--collector', 'http://192.0.2.1'],
    [/--collector: expected an http:\/\/ or https:\/\/ URL/, 'node-1', 'scan', '--collector', 'ftp://x'],
  ]
  for (const [stderr, ...args] of wrong) t.match(await ask(...args), { exitCode: 2, stderr }, String(stderr))
  t.match(await nsentinelHere(['ask', 'node-1', 'scan', '--collector', 'http://127.0.0.1:1']), {
    exitCode: 2,
    stderr: /--api-token-file \(or NSENTINEL_API_TOKEN\) is missing/,
  })
})
