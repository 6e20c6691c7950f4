import { readFileSync } from 'node:fs'
import t from 'tap'
import { createUserPodmanSource } from '../../../src/sources/docker/user-sockets.ts'
import { makeContainerCgroup, whyNoCgroups } from '../../helpers/cgroups.ts'
import { startRootlessPodman, whyNoRootlessPodman } from '../../helpers/rootless-podman.ts'
import { scanMachine } from '../../helpers/scan-machine.ts'

t.test('on a real podman of a user', { skip: whyNoRootlessPodman() || whyNoCgroups(), timeout: 180_000 }, async (t) => {
  const podman = await startRootlessPodman(t)
  const source = createUserPodmanSource(podman.users, 60_000)
  const plain = await podman.run('--name', 'plain', '--network', 'none')
  const hostNet = await podman.run('--name', 'host-net', '--network', 'host')

  t.test('lists what the user runs, as the user’s', async (t) => {
    const { containers, gaps } = await source.list(AbortSignal.timeout(60_000))
    const byId = new Map(containers.map((container) => [container.id, container]))
    const runtime = { name: 'podman', user: String(podman.user), socket: podman.socketPath }

    t.strictSame(gaps, [])
    t.match(byId.get(plain), { name: 'plain', runtime, declared: { net: { declared: 'private' } } })
    t.match(byId.get(hostNet), { name: 'host-net', runtime, declared: { net: { declared: 'host' } } })
    t.equal(byId.get(hostNet)?.initPid, await podman.pidOf(hostNet))
  })

  t.test('makes no container of one whose cgroup names none, and says so', async (t) => {
    const isNamed = readFileSync(`/proc/${await podman.pidOf(plain)}/cgroup`, 'utf8').includes(plain)
    const { containers, gaps } = await scanMachine({ runtimes: [source] })

    t.equal(
      containers.some(({ id }) => id === plain),
      isNamed,
    )
    t.equal(
      gaps.some(({ subject, reason }) => subject.includes(plain) && reason === 'unsupported'),
      !isNamed,
    )
  })

  t.test('judges what is in a cgroup of its own, and believes the user of it', async (t) => {
    for (const id of [plain, hostNet]) makeContainerCgroup(t, id).add(await podman.pidOf(id))
    t.teardown(() => podman.remove(plain, hostNet))

    const { containers, findings } = await scanMachine({ runtimes: [source] })
    const found = (id: string) => containers.find((container) => container.id === id)

    t.match(found(plain), { name: 'plain', sources: ['podman', 'cgroups'], userNs: { rootMapsTo: podman.user } })
    t.match(found(plain)?.sharing, { net: { observed: 'own', verdict: 'as-declared' }, user: { observed: 'own' } })
    t.match(found(hostNet)?.sharing.net, { observed: 'host', declared: 'host', verdict: 'as-declared' })
    t.strictSame(
      findings
        .filter(({ subject, fact }) => [plain, hostNet].includes(subject.containerId ?? '') && fact !== 'cgroup')
        .map(({ rule, severity, subject }) => `${subject.containerName} ${rule} ${severity}`),
      ['host-net shared-net-namespace low'],
    )
  })
})
