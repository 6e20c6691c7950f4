import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { execa } from 'execa'
import t, { type Test } from 'tap'
import { parseSnapshot } from '../src/cli/snapshot-schema.ts'
import { MISSION_KINDS, type NamespaceKind } from '../src/model/namespace.ts'
import { nsentinel } from './helpers/cli.ts'
import { startDockerd } from './helpers/docker.ts'
import { type Dockerd, whyNoDockerd } from './helpers/dockerd.ts'

t.setTimeout(120_000)

/** What each container of the demo shares with the host; nothing else. */
const SHARED: Readonly<Record<string, readonly NamespaceKind[]>> = {
  'host-network': ['net'],
  published: [],
  'host-pid-ipc': ['pid', 'ipc'],
  plain: [],
}

t.test('the demo on a real dockerd', { skip: whyNoDockerd() }, async (t) => {
  const dockerd = await startDockerd(t, { bridge: true })

  t.test('makes four containers that are what it says, and removes only them', async (t) => {
    const bystander = await dockerd.run('--name', 'bystander', 'busybox')
    const ports = await freePorts()
    const { child, made } = await startDemo(t, dockerd, ports)

    t.strictSame(await names(dockerd), [
      'bystander',
      'nsentinel-demo-host-network',
      'nsentinel-demo-host-pid-ipc',
      'nsentinel-demo-plain',
      'nsentinel-demo-published',
    ])
    t.match(made, new RegExp(`npx nsentinel scan --docker-socket ${dockerd.socketPath}`))
    t.equal(await modes(dockerd, 'nsentinel-demo-host-network'), 'host private')
    t.equal(await modes(dockerd, 'nsentinel-demo-host-pid-ipc'), 'default host host')
    t.equal(await modes(dockerd, 'nsentinel-demo-plain'), 'default private')
    for (const port of ports) {
      const page = await fetch(`http://127.0.0.1:${port}/`)
      t.match(await page.text(), /nsentinel demo/)
    }

    child.kill('SIGINT')
    const { stdout, exitCode } = await child
    t.equal(exitCode, 0)
    t.match(stdout, /removed/)
    t.strictSame(await names(dockerd), ['bystander'])
    t.equal(await dockerd.docker('images', '--quiet', 'nsentinel-demo'), '')
    await dockerd.remove(bystander)
  })

  t.test('is told truly by a scan: what each container shares, with both inodes and who declared it', async (t) => {
    const { child } = await startDemo(t, dockerd, await freePorts())

    const { stdout } = await nsentinel(['scan', '--output', 'json', '--docker-socket', dockerd.socketPath])

    child.kill('SIGINT')
    await child
    const { containers } = parseSnapshot(stdout)
    const told = (name: string) => containers.find((container) => container.name === `nsentinel-demo-${name}`)
    for (const [name, shared] of Object.entries(SHARED)) {
      for (const kind of MISSION_KINDS) {
        const { declared, declaredBy, observed, inode, hostInode } = told(name)?.sharing[kind] ?? {}
        const isShared = shared.includes(kind)
        t.match(
          { declared, observed },
          isShared ? { declared: 'host', observed: 'host' } : { declared: 'private', observed: 'own' },
          `${name} ${kind}`,
        )
        t.match(declaredBy, /^docker /)
        t.ok(Number.isSafeInteger(inode) && Number.isSafeInteger(hostInode) && (inode === hostInode) === isShared)
      }
    }
  })

  t.test('takes over from a demo that was killed, and leaves one that runs alone', async (t) => {
    const killed = await startDemo(t, dockerd, await freePorts())
    const second = await demo(dockerd, ['--for', '0', '--ports', (await freePorts()).join()])
    t.equal(second.exitCode, 1)
    t.match(second.stderr, `another demo runs already (pid ${killed.child.pid})`)

    killed.child.kill('SIGKILL')
    await killed.child
    t.equal((await names(dockerd)).length, 4)
    const third = await demo(dockerd, ['--for', '0', '--ports', (await freePorts()).join()])

    t.match(third, { exitCode: 0, stderr: '' })
    t.strictSame(await names(dockerd), [])
  })

  t.test('says which of its ports is taken', async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const [taken, free] = [portOf(server), (await freePorts())[0]]

    const { exitCode, stderr } = await demo(dockerd, ['--ports', `${free},${taken}`])

    t.equal(exitCode, 1)
    t.match(stderr, `port ${taken} of this machine is taken`)
  })
})

t.test(
  'starts a Docker of its own where there is none, and leaves nothing of it',
  { skip: whyNoDockerd() },
  async (t) => {
    const ports = (await freePorts()).join()
    const demo = `${process.execPath} scripts/demo.ts --for 0 --ports ${ports}`
    const alone = ['--mount', 'sh', '-c', `mount -t tmpfs tmpfs /run && ${demo} && ls -A /run`]

    const { stdout } = await execa('unshare', alone, { env: { DOCKER_HOST: '' }, timeout: 60_000 })

    t.match(stdout, 'on Docker at /var/run/docker.sock, started for the demo because none was there')
    t.notMatch(stdout.split('are removed.')[1], /nsentinel|sock/)
  },
)

t.test('the demo says what is wrong with', { skip: whyNoDockerd() }, async (t) => {
  const cases = [
    ['a Docker that is not there', [], 'unix:///nowhere/docker.sock', 'no Docker answers at /nowhere/docker.sock'],
    ['a Docker elsewhere', [], 'tcp://127.0.0.1:2375', 'no unix socket'],
    ['ports', ['--ports', '9001'], 'unix:///nowhere/docker.sock', '--ports expects two ports'],
    ['a time', ['--for', 'ever'], 'unix:///nowhere/docker.sock', '--for expects a number of seconds'],
  ] as const

  for (const [what, args, host, complaint] of cases) {
    const { exitCode, stderr } = await runDemo(host, args)
    t.equal(exitCode, 1, what)
    t.match(stderr, complaint)
    t.equal(stderr.split('\n').length, 1)
  }
})

function runDemo(host: string, args: readonly string[]) {
  const env = { DOCKER_HOST: host }
  return execa(process.execPath, ['scripts/demo.ts', ...args], { env, reject: false, timeout: 60_000 })
}

function demo({ socketPath }: Dockerd, args: readonly string[]) {
  return runDemo(`unix://${socketPath}`, args)
}

/** Starts a demo and waits until it says that its containers run. */
async function startDemo(t: Test, dockerd: Dockerd, ports: readonly number[]) {
  const child = demo(dockerd, ['--ports', ports.join()])
  t.teardown(async () => {
    child.kill('SIGINT')
    await child
  })
  let made = ''
  while (!made.includes('Ctrl-C')) {
    const [chunk] = await once(child.stdout, 'data')
    made += chunk
  }
  return { child, made }
}

async function names({ docker }: Dockerd): Promise<readonly string[]> {
  const rows = await docker('ps', '--all', '--format', '{{.Names}}')
  return rows
    .split('\n')
    .filter((name) => name !== '')
    .toSorted()
}

function modes({ docker }: Dockerd, container: string): Promise<string> {
  const format = '{{.HostConfig.NetworkMode}} {{.HostConfig.IpcMode}} {{.HostConfig.PidMode}}'
  return docker('inspect', '--format', format, container)
}

/** Two ports that were free just now. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer().listen(0, '127.0.0.1'), createServer().listen(0, '127.0.0.1')] as const
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = [portOf(servers[0]), portOf(servers[1])] as const
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address.port
}
