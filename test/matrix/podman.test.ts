import { execa } from 'execa'
import t, { type Test } from 'tap'
import { createDockerSource } from '../../src/sources/docker/docker.ts'
import { PATH } from '../helpers/commands.ts'
import { holdMatrix } from '../helpers/matrix.ts'
import { unshared } from '../helpers/namespaces.ts'
import { startPodman, whyNoPodman } from '../helpers/podman.ts'

const HOST = ['host', 'host', 'host'] as const
const OWN = ['own', 'own', 'own'] as const
const PRIVATE = ['private', 'private', 'private'] as const

/** Two net namespaces of nobody's: one that a mount keeps alive, one of a process. */
async function pinNet(t: Test): Promise<{ readonly folder: string; readonly pid: number }> {
  const folder = t.testdir({ net: '' })
  const pinned = await unshared(t, '--net')
  await execa('mount', ['--bind', `/proc/${pinned.pid}/ns/net`, `${folder}/net`], { env: { PATH } })
  t.teardown(() => execa('umount', ['--lazy', `${folder}/net`], { env: { PATH } }))
  await pinned.end()
  return { folder, pid: (await unshared(t, '--net')).pid }
}

t.test('judges every kind of container of a real podman', { skip: whyNoPodman(), timeout: 120_000 }, async (t) => {
  const podman = await startPodman(t)
  const start = async (name: string, ...args: readonly string[]) => ({
    name,
    id: await podman.run('--name', name, ...args),
  })
  const target = await start('target')
  const guest = ['--network', '--pid', '--ipc'].flatMap((flag) => [flag, 'container:target'])
  const guests = [`container:${target.id}`, `container:${target.id}`, `container:${target.id}`] as const
  await podman.createPod('--name', 'shop', '--infra-name', 'infra', '--share', 'net,ipc,uts,pid')
  const app = await start('app', '--pod', 'shop')
  const { folder, pid: stranger } = await pinNet(t)
  const infra = { name: 'infra', id: await podman.podman('inspect', '--format', '{{.Id}}', 'infra') }

  await holdMatrix(t, createDockerSource({ socketPath: podman.socketPath, name: 'podman', timeoutMs: 30_000 }), {
    plain: { ...(await start('plain')), declared: PRIVATE, observed: OWN },
    'no network': { ...(await start('none', '--network', 'none')), declared: PRIVATE, observed: OWN },
    'host net': {
      ...(await start('net', '--network', 'host')),
      declared: ['host', 'private', 'private'],
      observed: ['host', 'own', 'own'],
    },
    'host pid': {
      ...(await start('pid', '--pid', 'host')),
      declared: ['private', 'host', 'private'],
      observed: ['own', 'host', 'own'],
    },
    'host ipc': {
      ...(await start('ipc', '--ipc', 'host')),
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
    'a namespace that a mount pins': {
      ...(await start('pinned', '--network', `ns:${folder}/net`)),
      declared: [`path:${folder}/net`, 'private', 'private'],
      observed: OWN,
    },
    "a process's namespace": {
      ...(await start('linked', '--network', `ns:/proc/${stranger}/ns/net`)),
      declared: [`path:/proc/${stranger}/ns/net`, 'private', 'private'],
      observed: OWN,
    },
    "the host's namespace, by its path": {
      ...(await start('host-path', '--network', `ns:/proc/${process.pid}/ns/net`)),
      declared: [`path:/proc/${process.pid}/ns/net`, 'private', 'private'],
      observed: ['host', 'own', 'own'],
    },
    "a pod's infra container": { ...infra, declared: PRIVATE, observed: OWN },
    'shared pod pid': { ...app, declared: ['pod', 'pod', 'pod'], observed: ['sandbox', 'sandbox', 'sandbox'] },
  })
})
