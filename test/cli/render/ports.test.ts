import t from 'tap'
import { narrow } from '../../../src/cli/narrow.ts'
import { renderExplanation } from '../../../src/cli/render/explain.ts'
import { renderReport } from '../../../src/cli/render/report.ts'
import { widthOf } from '../../../src/cli/render/text.ts'
import type { Report } from '../../../src/model/finding.ts'
import { container, finding, port, report } from '../../helpers/builders.ts'
import { plainView } from '../../helpers/plain-view.ts'

function render(given: Partial<Report>, columns?: number): string {
  return renderReport(report(given), ['shared-net-namespace'], plainView(columns))
}

t.test('shows host ports as far as they are known', async (t) => {
  const containers = [container()]
  const id = containers[0]?.id ?? ''
  const text = render({
    containers,
    ports: [
      port({
        declaredBy: [{ by: 'docker', containerId: id, implicit: true }],
        owners: [{ role: 'forwarder', pid: 9, comm: 'docker-proxy' }],
      }),
      port({
        hostAddress: '::',
        hostPort: 53,
        hostPortEnd: 54,
        protocol: 'udp',
        mechanism: 'unknown',
        effective: { outside: 'unknown', node: 'unknown', loopback: 'yes' },
        targets: [],
      }),
    ],
  })

  t.match(text, /udp \[::\]:53-54 +not looked +- +nobody +outside \?, node \?, loopback yes +not asked\n/)
  t.match(
    text,
    /tcp 0\.0\.0\.0:9002 +docker-proxy +docker-proxy \(9\), 172\.17\.0\.2:8080 +web \(docker, implicit\) +from anywhere +not asked\n/,
  )
})

t.test('says who takes the traffic of a port, and where nobody listens', async (t) => {
  const web = container()
  const targets = [{ address: '172.17.0.2', port: 80, containerId: web.id, listening: false }]
  const effective = { outside: 'no', node: 'no', loopback: 'yes' } as const
  const owners = [{ role: 'listener', comm: 'sshd', pid: 7 } as const]
  const taken = port({ mechanism: 'host-listener', targets: [], owners, effective, shadowedBy: `${web.id}/80/tcp` })

  const text = render({ containers: [web], ports: [port({ targets }), taken] })

  t.match(text, /docker-proxy +web \(nothing listens\) /)
  t.match(text, /host-listener +sshd \(7\) +nobody +by loopback, taken by web/)
})

t.test('shows of the host’s own sockets the first, and how many there are', async (t) => {
  const owners = [{ role: 'listener', comm: 'sshd', pid: 7 } as const]
  const own = Array.from({ length: 70 }, (_, index) =>
    port({ mechanism: 'host-listener', targets: [], owners, hostPort: 1000 + index }),
  )

  const text = render({ ports: [...own, port({ hostPort: 2000 })] })

  t.match(text, "  and 6 ports more of the host's own processes: JSON has them\n")
  t.match(text, /tcp 0\.0\.0\.0:1063 /)
  t.notMatch(text, /:1064 /)
  t.match(text, /:2000 /)
})

t.test('fits a narrow terminal', async (t) => {
  const web = container({ name: 'a-rather-long-name-of-a-container' })
  const targets = [{ address: '172.17.0.2', port: 80, containerId: web.id }]

  const lines = render({ containers: [web], ports: [port({ targets, hostPortEnd: 9010 })] }, 80).split('\n')

  t.strictSame(
    lines.filter((line) => widthOf(line) > 80),
    [],
  )
})

t.test('explains each port of one container, with its rules, and names no other one’s', async (t) => {
  const web = container()
  const rule = '-A DOCKER ! -i docker0 -p tcp -m tcp --dport 9002 -j DNAT --to-destination 172.17.0.2:8080'
  const own = port({
    mechanism: 'docker-nat',
    targets: [{ address: '172.17.0.2', port: 8080, containerId: web.id }],
    owners: [{ role: 'forwarder', comm: 'docker-\u001bproxy', pid: 9 }],
    declaredBy: [{ by: 'docker', containerId: web.id, hostAddress: '0.0.0.0', implicit: false }],
    conditions: ['not to 127.0.0.0/8'],
    shadowedBy: 'host/sshd',
    rules: [rule],
  })
  const conflict = finding({ rule: 'host-port-conflict', subject: { type: 'port' }, fact: 'tcp/0.0.0.0/9002' })
  const whole = report({
    containers: [web],
    ports: [own, port({ hostPort: 7 })],
    findings: [conflict, finding({ subject: { type: 'port' }, fact: 'tcp/0.0.0.0/7' })],
  })
  const narrowed = narrow(whole, 'web')

  const text = renderExplanation(narrowed, web, whole, plainView())

  t.match(text, '\nHow its ports come about\n  tcp 0.0.0.0:9002\n')
  t.match(text, 'forwarder docker-\\x1bproxy (9) · leads to tcp 172.17.0.2:8080 · declared by docker for 0.0.0.0')
  t.match(text, 'from outside yes, from the node yes, by loopback yes · taken by sshd · condition: not to 127.0.0.0/8')
  t.match(text, `    ${rule}\n`)
  t.notMatch(text, 'tcp 0.0.0.0:7')
  t.strictSame(narrowed.findings, [conflict])
})
