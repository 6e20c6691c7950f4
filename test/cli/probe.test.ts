import { createServer } from 'node:http'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import * as z from 'zod'
import { makeContainerCgroup, whyNoCgroups } from '../helpers/cgroups.ts'
import { nsentinel, nsentinelHere } from '../helpers/cli.ts'
import { unshared, whyNoNamespaces } from '../helpers/namespaces.ts'
import { freePort, listening, serveTcp } from '../helpers/servers.ts'

const EXIT_CODES = { free: 0, taken: 1, unknown: 3 } as const

const claim = z.looseObject({ mechanism: z.string(), owners: z.array(z.looseObject({ pid: z.int().optional() })) })
const probed = z.object({
  answers: z.array(z.looseObject({ vantage: z.string(), outcome: z.string(), claims: z.array(claim) })),
})
const judged = z.looseObject({ verdict: z.enum(['free', 'taken', 'unknown']), holders: z.array(claim) })

/** Runs `probe` and gives what it printed as JSON, once that is what the published schema says. */
async function probe(args: readonly string[]) {
  const { exitCode, stdout } = await nsentinel(['probe', ...args, '--output', 'json'])
  const schema = await nsentinelHere(['probe', '--schema'])
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schema.stdout))
  const result: unknown = JSON.parse(stdout)
  if (!validate(result)) throw new Error(JSON.stringify(validate.errors))
  return { exitCode, result }
}

t.setTimeout(120_000)

t.test('says what answered, and who holds the port', async (t) => {
  const server = createServer((_request, response) => response.writeHead(404, { server: 'ours' }).end())
  const port = await listening(t, server)

  const { exitCode, result } = await probe([`127.0.0.1:${port}`])

  t.equal(exitCode, 0)
  const [answer, ...others] = probed.parse(result).answers
  t.strictSame(others, [])
  t.match(answer, {
    vantage: 'host',
    address: '127.0.0.1',
    port,
    protocol: 'tcp',
    outcome: 'open',
    identity: { protocol: 'http', http: { status: 404, server: 'ours' } },
    named: `127.0.0.1:${port}`,
    claims: [{ mechanism: 'host-listener', owners: [{ pid: process.pid }] }],
  })
})

t.test('exits 1 when a port that was named does not answer, and answers at any address of it do', async (t) => {
  const [closed, open] = [await freePort(t), await serveTcp(t, (socket) => socket.end('hi\n'))]

  const both = await probe([`127.0.0.1:${closed}`, `${open}`, '--mode', 'connect'])
  t.equal(both.exitCode, 1)
  t.match(probed.parse(both.result).answers[0], { outcome: 'refused', claims: [] })
  t.equal((await probe([`${open}`, '--mode', 'connect'])).exitCode, 0)
})

t.test('exits 3 when it may not ask', async (t) => {
  const { exitCode, result } = await probe(['22', '--probe-exclude', '22'])

  t.equal(exitCode, 3)
  for (const answer of probed.parse(result).answers) t.match(answer, { outcome: 'not-asked', detail: 'excluded' })
})

t.test('prints a table in which what a peer says is escaped, and no bar where nobody looks on', async (t) => {
  const port = await serveTcp(t, (socket) => socket.end('\u001b[31mevil\u202e\n'))

  const { stdout, stderr, exitCode } = await nsentinel(['probe', `127.0.0.1:${port}`])

  t.equal(exitCode, 0)
  t.match(stdout, `tcp 127.0.0.1:${port}`)
  t.match(stdout, '\\x1b[31mevil\\u202e')
  t.notMatch(stdout, '\u001b')
  t.equal(stderr, '')
})

t.test('tells whether a port is free, and who has it where it is not', async (t) => {
  const port = await serveTcp(t, (socket) => socket.end())

  const taken = await probe(['--free', `${port}/tcp`])
  t.equal(taken.exitCode, 1)
  const { holders, verdict } = judged.parse(taken.result)
  t.equal(verdict, 'taken')
  t.match(holders, [{ mechanism: 'host-listener', owners: [{ pid: process.pid }] }])
  const other = await probe(['--free', `127.0.0.77:${port}`])
  t.not(judged.parse(other.result).verdict, 'taken')
  t.equal(other.exitCode, EXIT_CODES[judged.parse(other.result).verdict])
})

t.test('asks also from a container', { skip: whyNoNamespaces() || whyNoCgroups() }, async (t) => {
  const cgroup = makeContainerCgroup(t)
  cgroup.add((await unshared(t, '--net')).pid)
  const port = await serveTcp(t, (socket) => socket.end('hi\n'), '0.0.0.0')

  const { result } = await probe([`0.0.0.0:${port}`, '--mode', 'connect', '--vantage', cgroup.id])

  const { answers } = probed.parse(result)
  const away = answers.filter(({ vantage }) => vantage === `container:${cgroup.id}`)
  t.equal(away.length, answers.filter(({ vantage }) => vantage === 'host').length - 1, 'all but loopback')
  // It has a network of its own with nothing in it.
  for (const { outcome } of away) t.equal(outcome, 'unreachable')
})

t.test('refuses as a vantage a container that has no network of its own', { skip: whyNoCgroups() }, async (t) => {
  const cgroup = makeContainerCgroup(t)
  cgroup.add((await unshared(t, '--uts')).pid)

  const { exitCode, stderr } = await nsentinel(['probe', '80', '--vantage', cgroup.id])

  t.equal(exitCode, 2)
  t.match(stderr, /--vantage: expected a container with a network of its own/)
})
