import t from 'tap'
import { createDockerSource } from '../../../src/sources/docker/docker.ts'
import type { RuntimeContainer } from '../../../src/sources/source.ts'
import { followCauses } from '../../helpers/causes.ts'
import { startPodman, whyNoPodman } from '../../helpers/podman.ts'

const signal = AbortSignal.timeout(120_000)

t.test('on a real podman', { skip: whyNoPodman(), timeout: 120_000 }, async (t) => {
  const podman = await startPodman(t)
  const source = createDockerSource({ socketPath: podman.socketPath, name: 'podman', timeoutMs: 30_000 })
  const listById = async (): Promise<ReadonlyMap<string, RuntimeContainer>> => {
    const { containers, gaps } = await source.list(signal)
    t.strictSame(gaps, [])
    return new Map(containers.map((container) => [container.id, container]))
  }

  t.test('tells who a container is and what runs it', async (t) => {
    const id = await podman.run('--name', 'web', '--network', 'none')

    const found = (await listById()).get(id)

    t.match(found, { name: 'web', role: 'container', state: 'running', image: 'localhost/busybox:1', restarts: 0 })
    t.strictSame(found?.runtime, { name: 'podman', handler: 'runc', socket: podman.socketPath })
    t.equal(String(found?.initPid), await podman.podman('inspect', '--format', '{{.State.Pid}}', id))
    t.ok(Math.abs(Date.now() - (found?.startedAt ?? 0)) < 60_000)
  })

  t.test('reads every mode that podman knows', async (t) => {
    const users = ['--uidmap', '0:100000:1000', '--gidmap', '0:100000:1000']
    const modes = {
      cgroup: await podman.run('--network', 'none', '--cgroupns', 'private'),
      uts: await podman.run('--network', 'none', '--uts', 'host'),
      user: await podman.run('--network', 'none', ...users),
      noShm: await podman.run('--network', 'none', '--ipc', 'none'),
    }
    const rows = await listById()

    t.match(rows.get(modes.cgroup)?.declared, { cgroup: { declared: 'private' }, user: { declared: 'host' } })
    t.match(rows.get(modes.uts)?.declared, { uts: { declared: 'host' }, net: { declared: 'private' } })
    t.match(rows.get(modes.user)?.declared, { user: { declared: 'private' } })
    t.match(rows.get(modes.noShm)?.declared, { ipc: { declared: 'private' } })
  })

  t.test('tells the host ports of the container that has them', async (t) => {
    const id = await podman.run('--name', 'server', '--publish', '127.0.0.1::8080')
    const guest = await podman.run('--network', 'container:server')
    const rows = await listById()
    const bound = await podman.podman('port', id)

    t.strictSame(
      rows.get(id)?.ports.map((port) => `${port.containerPort}/tcp -> ${port.hostAddress}:${port.hostPort}`),
      [bound],
    )
    t.strictSame(rows.get(guest)?.ports, [])
  })

  t.test('forgets what has ended, and sees the new process of what was restarted', async (t) => {
    const causes = followCauses(t, source)
    t.equal(await causes.next(), 'podman events connected')
    const id = await podman.run('--name', 'again', '--network', 'none')
    for (let cause = ''; cause !== 'podman start again'; ) cause = await causes.next()
    const before = (await listById()).get(id)

    await podman.podman('kill', id)
    for (let cause = ''; cause !== 'podman die again'; ) cause = await causes.next()
    t.notOk((await listById()).has(id))

    await podman.podman('start', id)
    for (let cause = ''; cause !== 'podman start again'; ) cause = await causes.next()
    const after = (await listById()).get(id)
    t.ok(after?.initPid)
    t.not(after?.initPid, before?.initPid)
  })

  t.test('answers the same twice where nothing happened', async (t) => {
    t.strictSame(await source.list(signal), await source.list(signal))
  })

  t.test('tells of the last containers, and of the gap, once the service was killed', async (t) => {
    const before = await listById()
    await podman.crash()

    const { containers, gaps } = await source.list(signal)

    t.strictSame(containers, [...before.values()])
    t.match(gaps, [{ source: 'podman', subject: podman.socketPath, affects: '*' }])
  })
})
