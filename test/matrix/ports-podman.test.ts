import t from 'tap'
import { startPodman, whyNoPodman } from '../helpers/podman.ts'
import { portsOf, rulesOf } from '../helpers/port-table.ts'
import { judgeNode } from '../helpers/scan-node.ts'

t.test('finds of an ordinary podman -p that it is exposed, and nothing else', { skip: whyNoPodman() }, async (t) => {
  const { podman, run, socketPath } = await startPodman(t)
  const id = await run('--name', 'ports-web', '--publish', '80')
  await podman('exec', id, 'httpd', '-p', '80')
  await run('--name', 'ports-deaf', '--publish', '81')
  const port = (await podman('port', id, '80/tcp')).split(':').at(-1)

  const report = await judgeNode({ enter: [] }, { socketPath }, 'podman')

  const rows = portsOf(report).filter(([, , name]) => name === 'ports-web')
  t.match(rows, [[`tcp 0.0.0.0:${port}`, 'cni-portmap-iptables', 'ports-web', /^docker/]])
  t.equal(rows.length, 1)
  t.strictSame(rulesOf(report, 'ports-web'), ['exposed-host-port'])
  t.strictSame(rulesOf(report, 'ports-deaf'), ['silent-host-port'])
  const [found] = report.ports.filter(({ hostPort }) => hostPort === Number(port))
  t.match(found?.owners.at(-1), { role: 'placeholder', comm: 'conmon' })
})
