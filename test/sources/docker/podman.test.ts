import { chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createDockerSource } from '../../../src/sources/docker/docker.ts'
import { answerContainers, fakeDocker, inspection } from '../../helpers/fake-docker.ts'
import { answerPodman, hostConfig, type PodmanSample, podmanInspection } from '../../helpers/fake-podman.ts'

const signal = AbortSignal.timeout(30_000)
const ID = 'a'.repeat(64)
const INFRA = 'b'.repeat(64)
const POD = 'c'.repeat(64)

async function listOne(t: Parameters<typeof fakeDocker>[0], containers: readonly PodmanSample[], version?: string) {
  const { socketPath } = await fakeDocker(t, answerPodman(containers, version))
  const report = await createDockerSource({ socketPath, name: 'podman' }).list(signal)
  t.strictSame(report.gaps, [])
  return report.containers.find(({ id }) => id === ID)
}

t.test('describes a container under podman’s name, with the OCI runtime that runs it', async (t) => {
  const found = await listOne(t, [podmanInspection()])

  t.match(found, { name: 'web', role: 'container', state: 'running', initPid: 4711, image: 'localhost/busybox:1' })
  t.match(found?.runtime, { name: 'podman', handler: 'crun' })
  t.notOk(found?.sandboxId)
})

t.test('reads each mode as podman means it', async (t) => {
  const cases = [
    ['net', 'NetworkMode', 'bridge', 'private'],
    ['net', 'NetworkMode', 'slirp4netns', 'private'],
    ['net', 'NetworkMode', 'pasta', 'private'],
    ['net', 'NetworkMode', 'none', 'private'],
    ['net', 'NetworkMode', 'host', 'host'],
    ['net', 'NetworkMode', 'ns:/run/netns/blue', 'path:/run/netns/blue'],
    ['net', 'NetworkMode', `container:${INFRA}`, `container:${INFRA}`],
    ['pid', 'PidMode', 'host', 'host'],
    ['pid', 'PidMode', 'private', 'private'],
    ['ipc', 'IpcMode', 'host', 'host'],
    ['ipc', 'IpcMode', 'shareable', 'private'],
    ['ipc', 'IpcMode', 'none', 'private'],
    ['uts', 'UTSMode', 'host', 'host'],
    ['user', 'UsernsMode', '', 'host'],
    ['user', 'UsernsMode', 'private', 'private'],
    ['user', 'UsernsMode', 'keep-id', 'private'],
    ['user', 'UsernsMode', 'auto', 'private'],
    ['cgroup', 'CgroupMode', 'host', 'host'],
    ['cgroup', 'CgroupMode', 'private', 'private'],
  ] as const

  for (const [kind, field, mode, declared] of cases) {
    const found = await listOne(t, [podmanInspection({ HostConfig: hostConfig({ [field]: mode }) })])
    t.equal(found?.declared[kind].declared, declared, `${field}=${mode}`)
  }
})

t.test('knows no user namespace by default of a rootless podman, whose own it then is', async (t) => {
  const { socketPath } = await fakeDocker(t, answerPodman([podmanInspection()]))
  const list = (user: number) => createDockerSource({ socketPath, name: 'podman', user }).list(signal)

  t.match((await list(1000)).containers, [{ declared: { user: { declared: 'unknown', by: 'podman rootless' } } }])
  t.match((await list(0)).containers, [{ declared: { user: { declared: 'host' } } }])
})

t.test('takes an infra container for its pod’s sandbox, and what joins it for the pod’s', async (t) => {
  const join = `container:${INFRA}`
  const modes = hostConfig({ NetworkMode: join, IpcMode: join, UTSMode: join })
  const infra = podmanInspection({ id: INFRA, Name: 'shop-infra', Pod: POD, IsInfra: true })
  const found = await listOne(t, [infra, podmanInspection({ Pod: POD, HostConfig: modes })])

  t.match(found, { role: 'container', sandboxId: INFRA })
  t.match(found?.declared, { net: { declared: 'pod' }, ipc: { declared: 'pod' }, pid: { declared: 'private' } })
  t.match(found?.declared.net.by, `podman HostConfig.NetworkMode=${join}`)
})

t.test('does not give a container the ports of the one whose network it joined', async (t) => {
  const ports = { '80/tcp': [{ HostIp: '', HostPort: '8080' }] }
  const guest = { HostConfig: hostConfig({ NetworkMode: `container:${INFRA}` }), NetworkSettings: { Ports: ports } }
  const own = { HostConfig: hostConfig({ PortBindings: ports }), NetworkSettings: { Ports: ports } }

  t.strictSame((await listOne(t, [podmanInspection(guest)]))?.ports, [])
  t.match((await listOne(t, [podmanInspection(own)]))?.ports, [{ hostPort: 8080, containerPort: 80, implicit: false }])
})

t.test('lists what stops, and nothing that has ended or never began', async (t) => {
  const states = ['running', 'paused', 'stopping', 'created', 'configured', 'initialized', 'exited', 'stopped']
  const samples = states.map((Status, index) =>
    podmanInspection({ id: String(index).repeat(64), State: { Status, Pid: 0 } }),
  )
  const { socketPath } = await fakeDocker(t, answerPodman(samples))

  const { containers } = await createDockerSource({ socketPath, name: 'podman' }).list(signal)

  t.strictSame(
    containers.map(({ state }) => state),
    ['running', 'paused', 'unknown'],
  )
})

t.test('of a podman that calls the host’s ipc namespace shareable', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'ns-'))
  t.teardown(() => rm(root, { recursive: true }))
  const folder = join(root, `vfs-containers/${ID}/userdata`)
  await mkdir(folder, { recursive: true })
  const ipcOf = async (OCIConfigPath: string) => {
    const HostConfig = hostConfig({ IpcMode: 'shareable' })
    return (await listOne(t, [podmanInspection({ OCIConfigPath, HostConfig })], '4.3.1'))?.declared.ipc
  }
  const file = join(folder, 'config.json')
  const write = (...types: readonly string[]) =>
    writeFile(file, JSON.stringify({ linux: { namespaces: types.map((type) => ({ type })) } }))

  await t.test('believes what it gave its OCI runtime', async (t) => {
    await write('pid', 'ipc')
    t.strictSame(await ipcOf(file), { declared: 'private', by: 'podman HostConfig.IpcMode=shareable' })
    await write('pid')
    t.match(await ipcOf(file), { declared: 'host', by: /shareable, host by the OCI config/ })
  })

  await t.test('knows nothing where that cannot be read, or is not where podman keeps it', async (t) => {
    const link = join(root, `x-containers/${ID}/userdata`)
    await mkdir(link, { recursive: true })
    await symlink(file, join(link, 'config.json'))
    for (const path of ['', '/etc/passwd', join(root, 'config.json'), join(link, 'config.json')]) {
      t.match(await ipcOf(path), { declared: 'unknown', by: 'podman HostConfig.IpcMode=shareable or host' }, path)
    }
    await writeFile(file, '{"linux":{')
    t.match(await ipcOf(file), { declared: 'unknown' })
    await writeFile(file, ' '.repeat(2 << 20))
    t.match(await ipcOf(file), { declared: 'unknown' })
  })
})

t.test('leaves a socket that is podman’s to podman', async (t) => {
  const podman = await fakeDocker(t, answerPodman([podmanInspection()]))
  const docker = `${podman.socketPath}.docker`
  await symlink(podman.socketPath, docker)
  const source = createDockerSource({ socketPath: docker, required: true, elsewhere: [podman.socketPath] })

  t.strictSame(await source.list(signal), { containers: [], gaps: [] })
  t.strictSame(podman.asked, [])
})

const notRoot = process.getuid?.() !== 0 && 'giving files to another user needs root'

t.test('takes a socket’s owner for the user whose runtime it is, unless that is root', { skip: notRoot }, async (t) => {
  const podman = await fakeDocker(t, answerPodman([podmanInspection()]))
  const source = createDockerSource({ socketPath: podman.socketPath, name: 'podman' })
  t.notOk((await source.list(signal)).containers[0]?.runtime.user)

  await chown(podman.socketPath, 12_345, 12_345)

  t.equal((await source.list(signal)).containers[0]?.runtime.user, '12345')
})

t.test('asks Docker where podman’s socket is closed to us', async (t) => {
  const docker = await fakeDocker(t, answerContainers([inspection()]))
  const file = join(t.testdir({ file: '' }), 'file')
  const source = createDockerSource({
    socketPath: docker.socketPath,
    elsewhere: [join(file, 'podman.sock'), '/nowhere'],
  })

  t.equal((await source.list(signal)).containers.length, 1)
})

t.test('tells the last containers, beside a gap, when podman answers otherwise than podman', async (t) => {
  const answers = {
    malformed: (response) => response.end('{"cause":"x"}'),
    'too-large': (response) => response.end(`["${'x'.repeat(100_000)}"]`),
    timeout: () => undefined,
    unsupported: (response) => response.writeHead(400).end('{}'),
    gone: (response) => response.destroy(),
  } satisfies Record<string, Parameters<typeof fakeDocker>[1]>
  for (const [reason, answer] of Object.entries(answers)) {
    const podman = await fakeDocker(t, answerPodman([podmanInspection()]))
    const options = { socketPath: podman.socketPath, name: 'podman', timeoutMs: 1000, maxBytes: 50_000 } as const
    const source = createDockerSource(options)
    const before = await source.list(signal)
    podman.answerWith(answer)

    const after = await source.list(signal)

    t.equal(before.containers.length, 1)
    t.strictSame(after.containers, before.containers)
    t.match(after.gaps, [{ source: 'podman', reason, affects: '*' }])
  }
})
