import t from 'tap'
import type { CommandRequest, Triage } from '../../../src/model/command.ts'
import type { Snapshot } from '../../../src/model/snapshot.ts'
import { resultSchemas } from '../../../src/transport/result-schema.ts'
import { container, gap, node, port, snapshot } from '../../helpers/builders.ts'
import { doing } from '../../helpers/doing.ts'

const interfaces = [{ name: 'lo', addresses: [{ family: 'ipv4', address: '127.0.0.1' }] }] as const
const pod = { namespace: 'shop', name: 'cart', uid: 'u', container: 'web', static: false, proof: 'cri' } as const
const id = (digit: string) => digit.repeat(64)
const host = { declared: 'host', observed: 'host' } as const
const escaped = { declared: 'private', observed: 'host' } as const
const containers = [
  container({ id: id('a'), name: 'calm', privileges: null }),
  container({ id: id('b'), name: 'sharer', sharing: { uts: host } }),
  container({ id: id('c'), name: 'k8s_web', pod, sharing: { net: escaped } }),
]
const ports = ['b', 'c'].map((digit, index) =>
  port({
    hostAddress: '127.0.0.1',
    hostPort: 80 + index,
    mechanism: 'host-listener',
    targets: [],
    owners: [{ role: 'listener', containerId: id(digit) }],
  }),
)
const seen = snapshot({ node: node({ interfaces }), containers, ports, gaps: [gap()] })

async function triage(
  request: Omit<Extract<CommandRequest, { command: 'triage' }>, 'command'>,
  given: Partial<Snapshot> = {},
): Promise<Triage> {
  const result = await doing({ ...seen, ...given }).carryOut({ command: 'triage', ...request })
  return resultSchemas.triage.parse(result)
}

t.test('gives what is wrong, the worst first, and where, with what ports answer now', async (t) => {
  const { findings, containers, ...rest } = await triage({})

  t.match(findings[0], { rule: 'undeclared-sharing', severity: 'critical', subject: { containerId: id('c') } })
  t.match(rest, { node: 'node-1', about: null, gaps: [{}], left: { findings: 0, containers: 0, ports: 0 } })
  t.equal(containers[0]?.name, 'k8s_web')
  t.strictSame(
    rest.ports.map(({ probe }) => probe?.map(({ outcome }) => outcome)),
    [['open'], ['open']],
  )
})

t.test('leaves what is about one container or one pod', async (t) => {
  for (const [request, name, digit] of [
    [{ container: 'sharer' }, 'sharer', 'b'],
    [{ container: 'bbbb' }, 'sharer', 'b'],
    [{ container: 'shop/cart/web' }, 'k8s_web', 'c'],
    [{ pod: 'shop/cart' }, 'k8s_web', 'c'],
    [{ container: 'calm' }, 'calm', 'a'],
  ] as const) {
    const { about, containers, findings, ports } = await triage(request)
    t.strictSame([about, containers.map((one) => one.name)], [[id(digit)], [name]])
    t.ok(findings.every(({ subject }) => subject.type === 'port' || subject.containerId === id(digit)))
    t.ok(ports.every(({ owners }) => owners.some(({ containerId }) => containerId === id(digit))))
  }
})

t.test('leaves what is about one process: its container, and what it holds', async (t) => {
  const held = port({ hostPort: 22, targets: [], owners: [{ role: 'listener', pid: 700, comm: 'sshd' }] })
  const given = { containers: [container({ id: id('a'), initPid: 500 })], ports: [...ports, held] }

  t.match(await triage({ pid: 500 }, given), { about: [id('a')], ports: [] })
  t.match(await triage({ pid: 700 }, given), { about: [], ports: [{ hostPort: 22 }] })
  const owners = [{ role: 'listener', pid: 800, containerId: id('a') }] as const
  t.match(await triage({ pid: 800 }, { ...given, ports: [port({ owners })] }), { about: [id('a')] })
  const stray = { pid: 900, tid: 900, startTime: 1, comm: 'sh' }
  const odd = container({ id: id('b'), strays: { tasks: [stray], total: 1 } })
  t.match(await triage({ pid: 900 }, { ...given, containers: [odd] }), { about: [id('b')] })
  await t.rejects(triage({ pid: 1 }, given), { code: 'refused', message: /^no look tells of this pid/ })
})

t.test('refuses a container or pod that is not there, or a name that is not one’s alone', async (t) => {
  const refusal = (message: string) => ({ code: 'refused', message })

  await t.rejects(triage({ container: 'nobody' }), refusal('no such container is there'))
  await t.rejects(triage({ pod: 'shop/other' }), refusal('no container of such a pod is there'))
  const twins = [container({ id: id('a') }), container({ id: id('b') })]
  await t.rejects(triage({ container: 'web' }, { containers: twins }), refusal('2 containers are meant, expected one'))
})

t.test('tells so many of each, and how many are left out', async (t) => {
  const many = Array.from({ length: 300 }, (_, index) =>
    container({ id: String(index).padStart(64, '0'), name: `c${index}`, sharing: { net: escaped } }),
  )
  const { findings, containers, gaps, left } = await triage({}, { containers: many, gaps: many.map(() => gap()) })

  t.strictSame([findings.length, containers.length, gaps.length], [100, 50, 100])
  t.match(left, { containers: 250, gaps: 200 })
  t.ok(left.findings >= 200)
})

t.test('asks nothing where the agent asks no ports', async (t) => {
  const { asked, carryOut } = doing(seen, null)

  t.match(await carryOut({ command: 'triage' }), { ports: [{ hostPort: 80 }, { hostPort: 81 }] })
  t.equal(asked.length, 0)
})
