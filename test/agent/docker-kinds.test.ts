import t from 'tap'
import { startDockerd } from '../helpers/docker.ts'
import { containerOf, findingsOf, scanner } from '../helpers/docker-scan.ts'
import { whyNoDockerd } from '../helpers/dockerd.ts'
import { until } from '../helpers/until.ts'

t.setTimeout(180_000)

t.test('judges the kinds beside net, pid and ipc on a real dockerd', { skip: whyNoDockerd() }, async (t) => {
  const dockerd = await startDockerd(t, { bridge: true })
  const scan = scanner(dockerd)

  t.test('and finds the host’s shared memory, whole, read-only or below all of /dev', async (t) => {
    const [whole, readOnly, device, plain] = await Promise.all([
      dockerd.run('--volume', '/dev/shm:/dev/shm', 'busybox'),
      dockerd.run('--volume', '/dev/shm:/shared:ro', 'busybox'),
      dockerd.run('--volume', '/dev:/hostdev', 'busybox'),
      dockerd.run('busybox'),
    ])
    const joined = await dockerd.run('--ipc', 'host', 'busybox')

    const report = await scan()

    t.match(containerOf(report, whole).hostIpc?.shm, { mounted: 'host', mountPoints: ['/dev/shm'], writable: true })
    t.match(containerOf(report, readOnly).hostIpc?.shm, { mountPoints: ['/shared'], writable: false })
    t.match(containerOf(report, device).hostIpc?.shm, { mounted: 'host', writable: true })
    t.match(containerOf(report, plain).hostIpc?.shm, { mounted: 'none' })
    t.strictSame(
      [whole, readOnly, device, plain, joined].map((id) => findingsOf(report, id)),
      [['shared-host-shm shm'], ['shared-host-shm shm'], ['shared-host-shm shm'], [], ['shared-ipc-namespace ipc']],
      'and where ipc is the host’s, that says it',
    )
    for (const id of [whole, readOnly, device, plain, joined]) await dockerd.remove(id)
  })

  t.test('and finds the host’s uts namespace, and the cgroup namespace only where v2 is alone', async (t) => {
    const [uts, cgroup] = await Promise.all([
      dockerd.run('--uts', 'host', 'busybox'),
      dockerd.run('--cgroupns', 'host', 'busybox'),
    ])

    const report = await scan()

    t.strictSame(findingsOf(report, uts), ['shared-uts-namespace uts'])
    t.match(containerOf(report, cgroup).sharing.cgroup, { declared: 'host', main: 'host' })
    t.strictSame(
      findingsOf(report, cgroup),
      report.node.cgroups === 'v2' ? ['shared-cgroup-namespace cgroup'] : [],
      `on ${report.node.cgroups}`,
    )
    for (const id of [uts, cgroup]) await dockerd.remove(id)
  })

  t.test('and finds a container that entered another one, once, until it leaves', async (t) => {
    const [victim, intruder] = await Promise.all([
      dockerd.run('busybox'),
      dockerd.run('--pid', 'host', '--cap-add', 'SYS_ADMIN', '--cap-add', 'SYS_PTRACE', 'busybox'),
    ])
    const declared = await dockerd.run('--network', `container:${victim}`, 'busybox')
    const target = String(containerOf(await scan(), victim).initPid)
    await dockerd.docker('exec', '--detach', intruder, 'nsenter', '-t', target, '-n', 'sleep', '9999')

    const report = await until(async () => {
      const seen = await scan()
      return containerOf(seen, intruder).sharing.net.observed === 'mixed' ? seen : undefined
    })

    t.strictSame(findingsOf(report, intruder), [
      'shared-pid-namespace pid',
      `cross-pod-sharing net/container/${victim}`,
    ])
    t.strictSame(findingsOf(report, victim), [])
    t.strictSame(findingsOf(report, declared), [], 'who was declared to join is no intruder')
    await dockerd.docker('restart', '--time', '0', intruder)
    t.strictSame(findingsOf(await scan(), intruder), ['shared-pid-namespace pid'])
    for (const id of [victim, intruder, declared]) await dockerd.remove(id)
  })
})
