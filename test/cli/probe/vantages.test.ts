import t from 'tap'
import { questionsOf } from '../../../src/cli/probe/questions.ts'
import { vantagesOf } from '../../../src/cli/probe/vantages.ts'
import type { Port } from '../../../src/model/port.ts'
import { container, port, sharing, snapshot } from '../../helpers/builders.ts'
import { idOf } from '../../helpers/tasks.ts'

const web = container({ id: idOf('a'), name: 'web' })
const sidecar = container({ id: idOf('b'), name: 'sidecar' })
const hostNet = container({
  id: idOf('c'),
  name: 'exporter',
  sharing: { net: sharing('net', { declared: 'host', observed: 'host' }) },
})
const other = container({
  id: idOf('d'),
  name: 'other',
  sharing: { net: sharing('net', { inode: 4026539999 }) },
})

const mapped: Partial<Port> = {
  targets: [{ address: '172.17.0.2', port: 8080, containerId: web.id }],
  owners: [{ role: 'target', containerId: sidecar.id }],
}
const given = snapshot({
  containers: [web, sidecar, hostNet, other],
  ports: [port(mapped), port({ hostPort: 22, mechanism: 'host-listener', owners: [], targets: [] })],
})

function asked(where: string): string[] {
  return vantagesOf(where, given, questionsOf(given, 'all')).flatMap(({ container: { name }, questions }) =>
    questions.map(({ target }) => `${name}: ${target.address}:${target.port}`),
  )
}

t.test('asks from the container behind a port, once for all that share its network', async (t) => {
  t.strictSame(asked('pod'), ['web: 192.0.2.10:9002', 'web: 172.17.0.2:8080'])
})

t.test(
  'asks from a named container all that the host was asked, but for loopback, and its own end of a mapping',
  async (t) => {
    t.strictSame(asked('web'), ['web: 192.0.2.10:9002', 'web: 172.17.0.2:8080', 'web: 192.0.2.10:22'])
    t.strictSame(asked('other'), ['other: 192.0.2.10:9002', 'other: 192.0.2.10:22'])
  },
)

t.test('refuses a container that is none, or has no network of its own', async (t) => {
  t.throws(() => asked('nobody'), { message: /^--vantage: expected a name/ })
  t.throws(() => asked('exporter'), { message: /^--vantage: expected a container with a network of its own/ })
})
