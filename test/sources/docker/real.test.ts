import t from 'tap'
import { createDockerSource } from '../../../src/sources/docker/docker.ts'
import type { RuntimeContainer, RuntimeSource } from '../../../src/sources/source.ts'
import { followCauses } from '../../helpers/causes.ts'
import { startDockerd } from '../../helpers/docker.ts'
import { whyNoDockerd } from '../../helpers/dockerd.ts'
import { until } from '../../helpers/until.ts'

t.setTimeout(120_000)

t.test('on a real dockerd', { skip: whyNoDockerd() }, async (t) => {
  const dockerd = await startDockerd(t, { bridge: true })
  const source = createDockerSource({ socketPath: dockerd.socketPath, timeoutMs: 20_000 })

  t.test('tells of each container what it was asked for and which field says so', async (t) => {
    const net = await dockerd.run('--network', 'host', 'busybox')
    const pid = await dockerd.run('--pid', 'host', '--ipc', 'host', '--uts', 'host', '--name', 'nosy', 'busybox')
    const plain = await dockerd.run('busybox')
    const joined = await dockerd.run(
      '--network',
      `container:${plain.slice(0, 12)}`,
      '--pid',
      'container:nosy',
      'busybox',
    )

    const found = await listById(source)

    t.match(found.get(net)?.declared.net, { declared: 'host', by: 'docker HostConfig.NetworkMode=host' })
    t.match(found.get(net)?.declared, { pid: { declared: 'private' }, uts: { declared: 'private' } })
    t.match(found.get(pid), {
      name: 'nosy',
      declared: {
        pid: { declared: 'host', by: 'docker HostConfig.PidMode=host' },
        ipc: { declared: 'host', by: 'docker HostConfig.IpcMode=host' },
        uts: { declared: 'host', by: 'docker HostConfig.UTSMode=host' },
        net: { declared: 'private', by: 'docker HostConfig.NetworkMode=default' },
      },
    })
    t.match(found.get(plain)?.declared, {
      pid: { declared: 'private', by: 'docker default' },
      user: { declared: 'host', by: 'docker without userns-remap' },
    })
    t.match(found.get(joined)?.declared, {
      net: { declared: `container:${plain}` },
      pid: { declared: `container:${pid}` },
    })
  })

  t.test('tells what can be known of the container itself', async (t) => {
    const before = Date.now()
    const id = await dockerd.run('--name', 'web', '--label', 'io.kubernetes.docker.type=podsandbox', 'busybox')
    const pid = Number(await dockerd.docker('inspect', '--format', '{{.State.Pid}}', id))

    const container = (await listById(source)).get(id)

    const runtime = { name: 'docker', handler: 'runc', socket: dockerd.socketPath }
    t.match(container, { id, name: 'web', role: 'sandbox', state: 'running', initPid: pid, image: 'busybox', runtime })
    t.ok((container?.startedAt ?? 0) >= before - 1000)
    t.equal(container?.restarts, 0)
  })

  t.test('tells the host ports that the daemon bound', async (t) => {
    const id = await dockerd.run('-p', '8080', '-p', '127.0.0.1:0:53/udp', 'busybox')
    const ports = (await listById(source)).get(id)?.ports ?? []
    const bound = await dockerd.docker('port', id)

    t.strictSame(
      ports.map((port) => `${port.containerPort}/${port.protocol} ${port.hostAddress}:${port.hostPort}`).toSorted(),
      bound.replaceAll(' -> ', ' ').replace('[::]', '::').split('\n').toSorted(),
    )
    t.equal(ports.length, 3)
  })

  t.test('lists paused and restarting containers, and none that ended or never began', async (t) => {
    const paused = await dockerd.run('busybox')
    await dockerd.docker('pause', paused)
    const looping = await dockerd.run('--restart', 'always', 'busybox', 'false')
    const ended = await dockerd.run('busybox')
    await dockerd.docker('kill', ended)
    const created = await dockerd.docker('create', 'busybox')

    const found = await listById(source)

    t.equal(found.get(paused)?.state, 'paused')
    t.match(found.get(looping)?.state, /running|restarting/)
    t.notOk(found.has(ended))
    t.notOk(found.has(created))
    await dockerd.remove(looping)
  })

  t.test('calls back at once, and sees the new process of a container that was restarted', async (t) => {
    const causes = followCauses(t, source)
    t.equal(await causes.next(), 'docker events connected')
    const id = await dockerd.run('--name', 'again', 'busybox')
    t.equal(await causes.next(), 'docker start again')
    const before = (await listById(source)).get(id)

    await dockerd.docker('restart', '--time', '0', id)
    for (let cause = ''; cause !== 'docker start again'; ) cause = await causes.next()
    const after = (await listById(source)).get(id)

    t.ok(before?.initPid)
    t.not(after?.initPid, before?.initPid)
    t.not(after?.startedAt, before?.startedAt)
  })

  t.test('tells of the last containers, and of the gap, once the daemon was killed', async (t) => {
    const before = await listById(source)
    process.kill(dockerd.pid, 'SIGKILL')

    const { containers, gaps } = await until(async () => {
      const report = await source.list(AbortSignal.timeout(30_000))
      return report.gaps.length > 0 ? report : undefined
    })

    t.strictSame(containers, [...before.values()])
    t.match(gaps, [{ source: 'docker', subject: dockerd.socketPath, affects: '*' }])
  })

  async function listById(from: RuntimeSource): Promise<ReadonlyMap<string, RuntimeContainer>> {
    const { containers, gaps } = await from.list(AbortSignal.timeout(30_000))
    t.strictSame(gaps, [])
    return new Map(containers.map((container) => [container.id, container]))
  }
})
