import { readlinkSync } from 'node:fs'
import t from 'tap'
import type { Report } from '../../src/model/finding.ts'
import { NAMESPACE_KINDS, type NamespaceKind } from '../../src/model/namespace.ts'
import { startDockerd } from '../helpers/docker.ts'
import { containerOf, findingsOf, scanner } from '../helpers/docker-scan.ts'
import { whyNoDockerd } from '../helpers/dockerd.ts'
import { until } from '../helpers/until.ts'

t.setTimeout(180_000)

/** What a Docker container shares with the host unless it is asked for more; cgroup only on v1. */
const BY_DEFAULT: readonly NamespaceKind[] = ['user', 'time', 'cgroup']

/** The other kinds in which a container's main task is where the host is. */
function sharedBy(report: Report, id: string): NamespaceKind[] {
  const { sharing } = containerOf(report, id)
  return NAMESPACE_KINDS.filter((kind) => sharing[kind].main === 'host' && !BY_DEFAULT.includes(kind))
}

t.test('scans a real dockerd', { skip: whyNoDockerd() }, async (t) => {
  const dockerd = await startDockerd(t, { bridge: true })
  const scan = scanner(dockerd)

  t.test('and says for each container what is true', async (t) => {
    const [network, published, nosy, plain] = await Promise.all([
      dockerd.run('--name', 'network', '--network', 'host', 'busybox'),
      dockerd.run('--name', 'published', '--publish', '127.0.0.1::8080', 'busybox'),
      dockerd.run('--name', 'nosy', '--pid', 'host', '--ipc', 'host', 'busybox'),
      dockerd.run('--name', 'plain', 'busybox'),
    ])

    const report = await scan()

    t.strictSame(
      [network, published, nosy, plain].map((id) => sharedBy(report, id)),
      [['net'], [], ['pid', 'ipc'], []],
    )
    t.strictSame(
      [network, published, nosy, plain].map((id) => findingsOf(report, id)),
      [['shared-net-namespace net'], [], ['shared-pid-namespace pid', 'shared-ipc-namespace ipc'], []],
    )
    for (const id of [network, published, nosy, plain]) {
      const { sharing, initPid, sources } = containerOf(report, id)
      t.strictSame(sources, ['docker', 'cgroups'])
      for (const kind of NAMESPACE_KINDS) {
        t.equal(sharing[kind].verdict, 'as-declared', `${kind}: ${sharing[kind].declaredBy}`)
        t.equal(readlinkSync(`/proc/${initPid}/ns/${kind}`), `${kind}:[${sharing[kind].inode}]`)
        t.equal(sharing[kind].hostInode, report.baseline.node[kind]?.inode)
      }
    }
    t.match(containerOf(report, network).sharing.net, {
      declared: 'host',
      declaredBy: 'docker HostConfig.NetworkMode=host',
    })
    const declared = report.ports.filter(({ declaredBy }) => declaredBy.length > 0)
    t.match(declared, [
      { hostAddress: '127.0.0.1', mechanism: 'docker-proxy', declaredBy: [{ by: 'docker', containerId: published }] },
    ])
    for (const id of [network, published, nosy, plain]) await dockerd.remove(id)
  })

  t.test(
    'and does not call a container in another one’s network host-shared, nor the guest of a guest a stranger',
    async (t) => {
      const owner = await dockerd.run('--name', 'owner', 'busybox')
      const guest = await dockerd.run('--name', 'guest', '--network', 'container:owner', 'busybox')
      const second = await dockerd.run(
        '--name',
        'second',
        '--network',
        'container:guest',
        '--ipc',
        'shareable',
        'busybox',
      )
      const third = await dockerd.run('--network', 'none', '--ipc', 'container:second', 'busybox')

      const report = await scan()

      for (const id of [guest, second]) {
        t.match(containerOf(report, id).sharing.net, { observed: `container:${owner}`, verdict: 'as-declared' })
      }
      t.match(containerOf(report, second).sharing.net.declared, `container:${guest}`)
      t.match(containerOf(report, third).sharing.ipc, { observed: `container:${second}`, verdict: 'as-declared' })
      for (const id of [owner, guest, second, third]) t.strictSame(findingsOf(report, id), [])
      for (const id of [third, second, guest, owner]) await dockerd.remove(id)
    },
  )

  t.test('and takes what docker exec runs for the container’s own', async (t) => {
    const id = await dockerd.run('busybox')
    await dockerd.docker('exec', '--detach', id, 'sleep', '1000')

    const found = await until(async () => {
      const report = await scan()
      return containerOf(report, id).processes.count === 2 ? report : undefined
    })

    t.strictSame(findingsOf(found, id), [])
    t.equal(containerOf(found, id).sharing.net.observed, 'own')
    await dockerd.remove(id)
  })

  t.test('and tells by cgroups alone, with a gap, where the socket is dead', async (t) => {
    const id = await dockerd.run('--network', 'host', 'busybox')
    const elsewhere = scanner({ ...dockerd, socketPath: `${dockerd.socketPath}.gone` })

    const report = await elsewhere()

    t.match(containerOf(report, id), {
      sources: ['cgroups'],
      sharing: { net: { declared: 'unknown', observed: 'host' } },
    })
    t.match(
      report.gaps.find(({ source }) => source === 'docker'),
      { affects: '*' },
    )
    t.ok(report.findings.some(({ rule, fact }) => rule === 'blind-agent' && fact === 'source/docker'))
    await dockerd.remove(id)
  })
})
