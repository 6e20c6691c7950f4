import { execa } from 'execa'
import t, { type Test } from 'tap'
import { startDockerd } from '../helpers/docker.ts'
import { type Dockerd, whyNoDockerd } from '../helpers/dockerd.ts'
import { NODE_IPV4, NODE_IPV6, type NodeSpace, startNodeSpace } from '../helpers/node-space.ts'
import { answer, type ExpectedPort, finding, ports, portsOf, rulesOf, startServer } from '../helpers/port-table.ts'
import { judgeNode } from '../helpers/scan-node.ts'

const skip = whyNoDockerd()

/** A server of busybox on these ports, which says its container's name. */
function serve(name: string, ...numbers: readonly number[]): string[] {
  const start = numbers.map((port) => `httpd -h /www -p ${port}`).join(' && ')
  return ['sh', '-c', `echo ${name} > /www/index.html && ${start} && exec sleep 2147483647`]
}

/** busybox has no server of UDP: the machine's own perl is one. */
const UDP_SERVER = [
  'chroot',
  '/host',
  'perl',
  '-MSocket',
  '-e',
  'socket(S, AF_INET, SOCK_DGRAM, 17) and bind(S, sockaddr_in(53, INADDR_ANY)) and sleep 2147483647',
]

async function run(
  dockerd: Dockerd,
  name: string,
  flags: readonly string[],
  command: readonly string[],
): Promise<void> {
  await dockerd.run('--name', name, ...flags, 'busybox', ...command)
}

t.test('with a proxy', { skip }, async (t) => {
  const node = await startNodeSpace(t)
  const dockerd = await startDockerd(t, { inside: { enter: node.enter, userlandProxy: true } })
  await run(dockerd, 'all', ['-p', '8001:80'], serve('all', 80))
  await run(dockerd, 'one', ['-p', `${NODE_IPV4}:8002:80`], serve('one', 80))
  await run(dockerd, 'local', ['-p', '127.0.0.1:8003:80'], serve('local', 80))
  await run(dockerd, 'udp', ['-p', '8004:53/udp', '--volume', '/:/host:ro'], UDP_SERVER)
  await run(dockerd, 'range', ['-p', '8010-8012:8010-8012'], serve('range', 8010, 8011, 8012))
  await run(dockerd, 'deaf', ['-p', '8020:80'], ['sleep', '2147483647'])
  await run(dockerd, 'v4', ['--network', 'host'], ['httpd', '-f', '-p', '0.0.0.0:8030'])
  await run(dockerd, 'v6', ['--network', 'host'], ['httpd', '-f', '-p', `[${NODE_IPV6}]:8031`])
  await run(dockerd, 'both', ['--network', 'host'], serve('both', 8032))
  const report = await judgeNode(node, dockerd)

  await t.test('names mechanism, owner, declaration, reach and answer of every port', async (t) => {
    t.strictSame(portsOf(report), TABLE)
  })
  await t.test('finds of an ordinary -p that it is exposed, and nothing else', async (t) => {
    for (const name of ['all', 'one', 'local', 'udp', 'range'])
      t.strictSame(rulesOf(report, name), ['exposed-host-port'], name)
  })
  await t.test('finds a declared port that nothing answers, and listeners that nobody declared', async (t) => {
    t.strictSame(rulesOf(report, 'deaf'), ['silent-host-port'])
    for (const name of ['v4', 'v6', 'both']) {
      t.strictSame(rulesOf(report, name), ['shared-net-namespace', 'undeclared-host-listener'], name)
    }
  })
  await t.test('says what a connection reaches', async (t) => {
    for (const { hostPort, protocol, hostAddress, effective } of ports(report)) {
      if (protocol !== 'tcp' || hostPort === 8020 || hostPort >= 8030 || hostAddress.includes(':')) continue
      const reached = {
        outside: await reaches(node.outside, NODE_IPV4, hostPort),
        loopback: await reaches(node.enter, '127.0.0.1', hostPort),
      }
      t.strictSame(
        reached,
        { outside: effective.outside === 'yes', loopback: effective.loopback === 'yes' },
        `${hostPort}`,
      )
    }
  })
})

const DOCKER4 = 'docker 0.0.0.0'
const DOCKER6 = 'docker ::'
const NO_PAGE = 'HTTP 404 “404 Not Found”'
/** The proxy accepts for a container in which nobody does. */
const UNHEARD = 'open, says nothing (closed without a word)'

const TABLE: readonly ExpectedPort[] = [
  ['tcp 0.0.0.0:8001', 'docker-nat', 'all', DOCKER4, 'yes/yes/yes', 'HTTP 200'],
  ['tcp :::8001', 'docker-proxy', 'all', DOCKER6, 'yes/yes/yes', 'HTTP 200'],
  [`tcp ${NODE_IPV4}:8002`, 'docker-nat', 'one', `docker ${NODE_IPV4}`, 'yes/yes/no', 'HTTP 200'],
  ['tcp 127.0.0.1:8003', 'docker-nat', 'local', 'docker 127.0.0.1', 'no/no/yes', 'HTTP 200'],
  ['udp 0.0.0.0:8004', 'docker-nat', 'udp', DOCKER4, 'yes/yes/yes', 'silent (open or filtered)'],
  ['udp :::8004', 'docker-proxy', 'udp', DOCKER6, 'yes/yes/yes', 'silent (open or filtered)'],
  ['tcp 0.0.0.0:8010-8012', 'docker-nat', 'range', DOCKER4, 'yes/yes/yes', 'HTTP 200'],
  ['tcp :::8010-8012', 'docker-proxy', 'range', DOCKER6, 'yes/yes/yes', 'HTTP 200'],
  ['tcp 0.0.0.0:8020', 'docker-nat', 'deaf', DOCKER4, 'yes/yes/yes', `127.0.0.1: ${UNHEARD}, ${NODE_IPV4}: refused`],
  ['tcp :::8020', 'docker-proxy', 'deaf', DOCKER6, 'yes/yes/yes', UNHEARD],
  ['tcp 0.0.0.0:8030', 'host-listener', 'v4', '', 'yes/yes/yes', NO_PAGE],
  [`tcp ${NODE_IPV6}:8031`, 'host-listener', 'v6', '', 'yes/yes/no', NO_PAGE],
  ['tcp :::8032', 'host-listener', 'both', '', 'yes/yes/yes', 'HTTP 200'],
]

t.test('without a proxy, where rules compete', { skip }, async (t) => {
  const node = await startNodeSpace(t)
  const dockerd = await startDockerd(t, { inside: { enter: node.enter, userlandProxy: false } })
  await run(dockerd, 'plain', ['-p', '8101:80'], serve('plain', 80))
  // Docker's filter lets through to a container what it publishes.
  await run(dockerd, 'taker', ['-p', '8103:80'], serve('taker', 80))
  await run(dockerd, 'second', ['-p', '8109:80'], serve('second', 80))
  // dockerd itself binds what it maps, proxy or not; a rule of somebody else's reserves nothing.
  await startServer(t, node, 8102)
  await mapToo(node, 8102, await addressOf(dockerd, 'taker'))
  await mapToo(node, 8101, await addressOf(dockerd, 'second'))
  const report = await judgeNode(node, dockerd)

  // dockerd lets packets from loopback out by its bridge (route_localnet) where it has no proxy.
  await t.test('reaches an ordinary -p by its rule alone, from loopback too', async (t) => {
    const rows = portsOf(report).filter(([place]) => place.endsWith(':8109'))
    t.strictSame(rows, [['tcp 0.0.0.0:8109', 'docker-nat', 'second', DOCKER4, 'yes/yes/conditional', 'HTTP 200']])
  })
  await t.test('says who takes the traffic of a process on the host, and a connection agrees', async (t) => {
    t.match(finding(report, 'shadowed-host-listener'), { fact: 'tcp/0.0.0.0/8102', severity: 'high' })
    t.equal(await answer(node.outside, NODE_IPV4, 8102), 'taker')
    t.equal(await answer(node.enter, '127.0.0.1', 8102), 'taker')
    t.equal(await answer(node.enter, '127.0.0.1', 8109), 'second')
  })
  await t.test(
    'names both claims on one port, the one that wins by the order of rules, and a connection agrees',
    async (t) => {
      t.match(finding(report, 'host-port-conflict'), { fact: 'tcp/0.0.0.0/8101' })
      const wins = ports(report).find(({ hostPort, effective }) => hostPort === 8101 && effective.outside === 'yes')
      const name = report.containers.find(({ id }) => id === wins?.targets[0]?.containerId)?.name
      t.equal(await answer(node.outside, NODE_IPV4, 8101), name)
    },
  )
  await orphanOf(t, node)
})

/** Whoever ends a runtime and its containers leaves its rules behind. */
async function orphanOf(t: Test, node: NodeSpace): Promise<void> {
  const [command = '', ...args] = node.enter
  await execa(
    command,
    [...args, 'sh', '-c', 'kill -9 $(pidof dockerd containerd containerd-shim-runc-v2 httpd sleep) || true'],
    {
      reject: false,
    },
  )
  const report = await judgeNode(node, null)

  await t.test('calls the rules of a runtime that was killed orphans', async (t) => {
    const orphans = report.findings.filter(({ rule }) => rule === 'orphan-port-mapping')
    t.strictSame(orphans.map(({ fact }) => fact).toSorted(), [
      'tcp/0.0.0.0/8101',
      'tcp/0.0.0.0/8102',
      'tcp/0.0.0.0/8103',
      'tcp/0.0.0.0/8109',
    ])
  })
}

async function addressOf({ docker }: Dockerd, name: string): Promise<string> {
  return await docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', name)
}

/** Adds a second rule for a port that has one, as a plugin that reserves nothing does. */
async function mapToo({ enter }: NodeSpace, port: number, address: string): Promise<void> {
  const [command = '', ...args] = enter
  const rule = ['!', '-i', 'docker0', '-p', 'tcp', '-m', 'tcp', '--dport', `${port}`, '-j', 'DNAT']
  await execa(command, [...args, 'iptables', '-t', 'nat', '-A', 'DOCKER', ...rule, '--to-destination', `${address}:80`])
}

async function reaches(from: readonly string[], address: string, port: number): Promise<boolean> {
  return (await answer(from, address, port)) !== ''
}
