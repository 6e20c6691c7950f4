import { execa } from 'execa'
import t from 'tap'
import { forward, NODE_IPV4, NODE_IPV6, type NodeSpace, startNodeSpace } from '../helpers/node-space.ts'
import { type Podman, startPodman, whyNoPodman } from '../helpers/podman.ts'
import { answer, type ExpectedPort, finding, portsOf, rulesOf } from '../helpers/port-table.ts'
import { judgeNode } from '../helpers/scan-node.ts'

const skip = whyNoPodman()

t.setTimeout(240_000)

t.test('finds of an ordinary podman -p that it is exposed, and nothing else', { skip }, async (t) => {
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

t.test('containers of a podman on a node of its own', { skip, timeout: 180_000 }, async (t) => {
  const node = await startNodeSpace(t)
  await forward(node)
  const podman = await startPodman(t, node.enter)
  await startContainers(podman)
  await mapToo(node, 8005, await addressOf(podman, 'second'))
  const report = await judgeNode(node, podman, 'podman')

  await t.test('names mechanism, owner, declaration, reach and answer of every port', async (t) => {
    t.strictSame(portsOf(report).map(String).toSorted(), TABLE.map(String).toSorted())
  })
  await t.test('finds of an ordinary -p that it is exposed, and nothing else', async (t) => {
    for (const name of ['all', 'one', 'local', 'range'])
      t.strictSame(rulesOf(report, name), ['exposed-host-port'], name)
    // It sees the machine's files, for the sake of its server.
    t.strictSame(rulesOf(report, 'udp'), ['exposed-host-port', 'shared-host-shm'])
  })
  await t.test('finds a declared port that nothing answers, and listeners that nobody declared', async (t) => {
    t.strictSame(rulesOf(report, 'deaf'), ['silent-host-port'])
    for (const name of ['v4', 'v6', 'both'])
      t.strictSame(rulesOf(report, name), ['shared-net-namespace', 'undeclared-host-listener'], name)
  })
  await t.test('names both claims on one port, of which the first rule wins', async (t) => {
    t.match(finding(report, 'host-port-conflict'), { fact: 'tcp/0.0.0.0/8005' })
  })
  await t.test('says what a connection reaches', async (t) => {
    const reached = { 8001: 'all', 8002: 'one', 8003: '', 8005: 'first', 8006: '', 8012: 'range' }
    for (const [port, name] of Object.entries(reached))
      t.equal(await answer(node.outside, NODE_IPV4, Number(port)), name, port)
    t.equal(await answer(node.enter, '127.0.0.1', 8003), 'local')
  })
})

async function startContainers(podman: Podman): Promise<void> {
  await start(podman, 'all', ['--publish', '8001:80'], serve('all'))
  await start(podman, 'one', ['--publish', `${NODE_IPV4}:8002:80`], serve('one'))
  await start(podman, 'local', ['--publish', '127.0.0.1:8003:80'], serve('local'))
  await start(podman, 'udp', ['--publish', '8004:53/udp', '--volume', '/:/host:ro'], UDP_SERVER)
  await start(podman, 'first', ['--publish', '8005:80'], serve('first'))
  await start(podman, 'second', ['--publish', '8008:80'], serve('second'))
  await start(podman, 'deaf', ['--publish', '8006:80'], 'true')
  await start(podman, 'range', ['--publish', '8010-8012:8010-8012'], serve('range', 8010, 8011, 8012))
  await start(podman, 'v4', ['--network', 'host'], serve('v4', '0.0.0.0:8030'))
  await start(podman, 'v6', ['--network', 'host'], serve('v6', `[${NODE_IPV6}]:8031`))
  await start(podman, 'both', ['--network', 'host'], serve('both', 8032))
}

/** Runs a container that sleeps, and a script in it that ends once its servers are there. */
async function start({ run, podman }: Podman, name: string, flags: readonly string[], script: string): Promise<void> {
  await run('--name', name, ...flags)
  await podman('exec', name, 'sh', '-c', script)
}

/** Servers of busybox on these ports, which say the container's name. */
function serve(name: string, ...places: readonly (string | number)[]): string {
  const at = places.length === 0 ? [80] : places
  return [`echo ${name} > /www/index.html`, ...at.map((place) => `httpd -h /www -p ${place}`)].join(' && ')
}

/** busybox has no server of UDP: the machine's own perl is one. */
const UDP_SERVER =
  "chroot /host perl -MSocket -e 'socket(S, AF_INET, SOCK_DGRAM, 17) and bind(S, sockaddr_in(53, INADDR_ANY)) and (fork ? exit : sleep 2147483647)' </dev/null >/dev/null 2>&1"

const MAPPED = 'cni-portmap-iptables'
const DECLARED = 'docker'
const EVERYWHERE = 'yes/yes/conditional'

const TABLE: readonly ExpectedPort[] = [
  ['tcp 0.0.0.0:8001', MAPPED, 'all', DECLARED, EVERYWHERE, 'HTTP 200'],
  [`tcp ${NODE_IPV4}:8002`, MAPPED, 'one', `docker ${NODE_IPV4}`, 'yes/yes/no', 'HTTP 200'],
  ['tcp 127.0.0.1:8003', MAPPED, 'local', 'docker 127.0.0.1', 'no/no/conditional', 'HTTP 200'],
  ['udp 0.0.0.0:8004', MAPPED, 'udp', DECLARED, EVERYWHERE, 'silent (open or filtered)'],
  ['tcp 0.0.0.0:8005', MAPPED, 'first', DECLARED, EVERYWHERE, 'HTTP 200'],
  ['tcp 0.0.0.0:8005', MAPPED, 'second', '', 'no/no/no', 'HTTP 200'],
  ['tcp 0.0.0.0:8006', MAPPED, 'deaf', DECLARED, EVERYWHERE, 'refused'],
  ['tcp 0.0.0.0:8008', MAPPED, 'second', DECLARED, EVERYWHERE, 'HTTP 200'],
  ['tcp 0.0.0.0:8010-8012', MAPPED, 'range', DECLARED, EVERYWHERE, 'HTTP 200'],
  ['tcp 0.0.0.0:8030', 'host-listener', 'v4', '', 'yes/yes/yes', 'HTTP 200'],
  [`tcp ${NODE_IPV6}:8031`, 'host-listener', 'v6', '', 'yes/yes/no', 'HTTP 200'],
  ['tcp :::8032', 'host-listener', 'both', '', 'yes/yes/yes', 'HTTP 200'],
]

async function addressOf({ podman }: Podman, name: string): Promise<string> {
  return await podman('inspect', '--format', '{{.NetworkSettings.IPAddress}}', name)
}

/** Adds a rule after those that portmap made. */
async function mapToo(node: NodeSpace, port: number, address: string): Promise<void> {
  const rule = ['-p', 'tcp', '-m', 'tcp', '--dport', `${port}`, '-j', 'DNAT', '--to-destination', `${address}:80`]
  await inNode(node, 'iptables', '-t', 'nat', '-A', 'CNI-HOSTPORT-DNAT', ...rule)
}

async function inNode({ enter }: NodeSpace, ...words: readonly string[]): Promise<void> {
  const [command = '', ...args] = [...enter, ...words]
  await execa(command, args)
}
