import { randomUUID } from 'node:crypto'
import { basename, dirname } from 'node:path'
import t from 'tap'
import { createDockerSource } from '../../src/sources/docker/docker.ts'
import { startDockerd } from '../helpers/docker.ts'
import { whyNoDockerd } from '../helpers/dockerd.ts'
import { holdMatrix } from '../helpers/matrix.ts'

const HOST = ['host', 'host', 'host'] as const
const OWN = ['own', 'own', 'own'] as const
const PRIVATE = ['private', 'private', 'private'] as const

t.test('judges every kind of container of a real dockerd', { skip: whyNoDockerd(), timeout: 120_000 }, async (t) => {
  const dockerd = await startDockerd(t)
  const start = async (name: string, ...args: readonly string[]) => ({
    name,
    id: await dockerd.run('--name', name, ...args, 'busybox'),
  })
  const net = ['--network', 'none']
  const target = await start('target', ...net, '--ipc', 'shareable')
  const guest = ['--network', '--pid', '--ipc'].flatMap((flag) => [flag, `container:${target.id}`])
  const guests = [`container:${target.id}`, `container:${target.id}`, `container:${target.id}`] as const
  const pod = podOf(`/${basename(dirname(dockerd.socketPath))}`)
  const sandbox = await start('k8s_POD_shop', ...net, '--ipc', 'shareable', ...pod.args('POD', 'podsandbox'))
  const member = ['--network', '--pid', '--ipc'].flatMap((flag) => [flag, `container:${sandbox.id}`])
  const members = [`container:${sandbox.id}`, `container:${sandbox.id}`, `container:${sandbox.id}`] as const

  await holdMatrix(t, createDockerSource({ socketPath: dockerd.socketPath, timeoutMs: 30_000 }), {
    plain: { ...(await start('plain', ...net)), declared: PRIVATE, observed: OWN },
    'host net': {
      ...(await start('net', '--network', 'host')),
      declared: ['host', 'private', 'private'],
      observed: ['host', 'own', 'own'],
    },
    'host pid': {
      ...(await start('pid', ...net, '--pid', 'host')),
      declared: ['private', 'host', 'private'],
      observed: ['own', 'host', 'own'],
    },
    'host ipc': {
      ...(await start('ipc', ...net, '--ipc', 'host')),
      declared: ['private', 'private', 'host'],
      observed: ['own', 'own', 'host'],
    },
    'all three': {
      ...(await start('all', '--network', 'host', '--pid', 'host', '--ipc', 'host')),
      declared: HOST,
      observed: HOST,
    },
    'the target of container:x': { ...target, declared: PRIVATE, observed: OWN },
    'container:x': { ...(await start('guest', ...guest)), declared: guests, observed: guests },
    "a pod's sandbox": { ...sandbox, pod: pod.name, declared: PRIVATE, observed: OWN },
    'shared pod pid': {
      ...(await start('k8s_app_shop', ...member, ...pod.args('app', 'container'))),
      pod: pod.name,
      declared: members,
      observed: ['sandbox', 'sandbox', 'sandbox'],
    },
  })
})

/** A pod as cri-dockerd makes it, in the kubelet's cgroup, which proves what the labels say. */
function podOf(cgroup: string) {
  const uid = randomUUID()
  const labels = { namespace: 'shop', name: 'shop-1', uid }
  const args = (container: string, type: string) => [
    ...['--cgroup-parent', `${cgroup}/kubepods/besteffort/pod${uid}`],
    ...Object.entries(labels).flatMap(([name, value]) => ['--label', `io.kubernetes.pod.${name}=${value}`]),
    ...['--label', `io.kubernetes.container.name=${container}`, '--label', `io.kubernetes.docker.type=${type}`],
  ]
  return { name: 'shop/shop-1 (cgroup)', args }
}
