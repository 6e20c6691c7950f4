import t from 'tap'
import { gap } from '../../helpers/builders.ts'
import {
  API,
  dnat,
  dockerRules,
  dockers,
  held,
  joined,
  lineOf,
  NODE,
  proxy,
  published,
  SERVER,
  socket,
  WEB,
} from '../../helpers/joined.ts'
import { ruleset, table } from '../../helpers/rulesets.ts'

t.test('makes one row of a proxy and its rule, for each family', async (t) => {
  const { ports, gaps } = joined({
    rows: dockers([published(8080), published(8080, { hostAddress: '::' })]),
    rules: dockerRules(dnat(8080, '172.17.0.2:80')),
    listeners: [SERVER, held(8080, 500), held(8080, 501, { family: 'unknown', address: '::' })],
    forwarders: new Map([
      [500, proxy()],
      [501, proxy({ hostAddress: '::' })],
    ]),
  })

  t.strictSame(ports.map(lineOf), [
    'tcp 0.0.0.0:8080 docker-nat web/80/tcp yes/yes/yes',
    'tcp :::8080 docker-proxy web/80/tcp no/no/yes',
  ])
  t.match(ports[0], {
    targets: [{ address: '172.17.0.2', port: 80, containerId: WEB, listening: true }],
    owners: [
      { role: 'target', containerId: WEB, pid: 10, comm: 'httpd' },
      { role: 'forwarder', pid: 500 },
    ],
    declaredBy: [{ by: 'docker', containerId: WEB, hostAddress: '0.0.0.0', implicit: false }],
    rules: ['-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER', dnat(8080, '172.17.0.2:80')],
  })
  t.match(ports[1]?.declaredBy, [{ hostAddress: '::' }])
  t.equal(ports[1]?.family, 'ipv6', 'beside a socket of IPv4 it has IPv6 alone')
  t.strictSame(gaps, [])
})

t.test('reaches a mapping without a proxy from everywhere but loopback', async (t) => {
  const rows = dockers([published(8080), published(8080, { hostAddress: '::' })])

  const { ports } = joined({ rows, rules: dockerRules(dnat(8080, '172.17.0.2:80')) })

  t.strictSame(ports.map(lineOf), ['tcp 0.0.0.0:8080 docker-nat web/80/tcp yes/yes/no'])
  t.equal(ports[0]?.declaredBy.length, 2, 'a runtime that maps every address tells of both families')
})

t.test('tells loopback and one address apart from all', async (t) => {
  const ports = [published(8080, { hostAddress: '127.0.0.1' }), published(8081, { hostAddress: NODE })]

  const found = joined({
    rows: dockers(ports),
    rules: dockerRules(dnat(8080, '172.17.0.2:80', ' -d 127.0.0.1/32'), dnat(8081, '172.17.0.2:80', ` -d ${NODE}/32`)),
    listeners: [SERVER, held(8080, 500, { address: '127.0.0.1' }), held(8081, 501, { address: NODE })],
    forwarders: new Map([
      [500, proxy({ hostAddress: '127.0.0.1' })],
      [501, proxy({ hostAddress: NODE, hostPort: 8081 })],
    ]),
  })

  t.strictSame(found.ports.map(lineOf), [
    'tcp 127.0.0.1:8080 docker-nat web/80/tcp no/no/yes',
    `tcp ${NODE}:8081 docker-nat web/80/tcp yes/yes/no`,
  ])
})

t.test(
  'believes no proxy inside a container, of another port, or for a container that declares no such port',
  async (t) => {
    const listeners = [SERVER, held(8080, 500)]
    const asListener = ['tcp 0.0.0.0:8080 host-listener host/docker-proxy no/no/no']
    const wrong = [proxy({ hostPort: 8081 }), proxy({ protocol: 'udp' }), proxy()]
    for (const forwarder of wrong) {
      const { ports } = joined({ rows: dockers([]), listeners, forwarders: new Map([[500, forwarder]]) })
      t.strictSame(ports.map(lineOf), [asListener[0]?.replace('no/no/no', 'yes/yes/yes')])
    }
    const inside = socket(8080, { owners: [{ role: 'listener', containerId: API, pid: 500, comm: 'docker-proxy' }] })
    const { ports } = joined({
      rows: dockers([published(8080)]),
      listeners: [SERVER, inside],
      forwarders: new Map([[500, proxy()]]),
    })
    t.match(ports.map(lineOf), [/none web/, /host-listener api\/8080\/tcp/])
  },
)

t.test('lets a rule take the traffic of a process of the host, and says who does', async (t) => {
  const { ports } = joined({
    rows: dockers([published(8080)]),
    rules: dockerRules(dnat(8080, '172.17.0.2:80')),
    listeners: [SERVER, socket(8080)],
  })

  t.strictSame(ports.map(lineOf), [
    'tcp 0.0.0.0:8080 docker-nat web/80/tcp yes/yes/no taken by host/sshd',
    'tcp 0.0.0.0:8080 host-listener host/sshd no/no/yes taken by web/80/tcp',
  ])
})

t.test('gives two mappings of one port to the rule that stands first', async (t) => {
  const rows = dockers([published(8080)], [published(8080)])
  const first = dockerRules(dnat(8080, '172.17.0.2:80'), dnat(8080, '172.17.0.3:80'))
  const second = dockerRules(dnat(8080, '172.17.0.3:80'), dnat(8080, '172.17.0.2:80'))

  t.strictSame(joined({ rows, rules: first }).ports.map(lineOf), [
    'tcp 0.0.0.0:8080 docker-nat web/80/tcp yes/yes/no',
    'tcp 0.0.0.0:8080 docker-nat api/80/tcp no/no/no taken by web/80/tcp',
  ])
  t.strictSame(joined({ rows, rules: second }).ports.map(lineOf), [
    'tcp 0.0.0.0:8080 docker-nat web/80/tcp no/no/no taken by api/80/tcp',
    'tcp 0.0.0.0:8080 docker-nat api/80/tcp yes/yes/no',
  ])
})

t.test('calls a mapping an orphan where nobody has its target, and only where all could be asked', async (t) => {
  const rules = dockerRules(dnat(8080, '172.17.0.9:80'))
  const orphanOf = (given: Parameters<typeof joined>[0]) =>
    joined({ rules, rows: dockers([]), ...given }).ports[0]?.orphan

  t.equal(orphanOf({}), true)
  t.equal(orphanOf({ rows: dockers([], [], { addresses: ['172.17.0.9'] }) }), undefined)
  t.equal(orphanOf({ rows: [] }), undefined, 'containers whose addresses nobody tells')
  t.equal(orphanOf({ gaps: [gap()] }), undefined)
  const bridge = { name: 'docker0', addresses: [{ family: 'ipv4', address: '172.17.0.9' } as const] }
  t.equal(orphanOf({ interfaces: [bridge] }), undefined)
  const unmanaged = '-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.9:80'
  t.equal(orphanOf({ rules: ruleset(table(unmanaged)) }), undefined, 'a rule of nobody’s leads where it likes')
})

t.test('knows no container of a user’s own runtime, or inside another, by its address', async (t) => {
  const rules = dockerRules(dnat(8080, '172.17.0.2:80'))
  const rows = dockers([published(8080)], [], { runtime: { name: 'podman', user: '1000' } })

  const found = joined({ rows, rules }).ports.find(({ mechanism }) => mechanism === 'docker-nat')

  t.match(found?.claim, /^to\/172\.17\.0\.2/)
})
