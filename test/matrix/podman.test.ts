import t from 'tap'
import { createDockerSource } from '../../src/sources/docker/docker.ts'
import { holdMatrix } from '../helpers/matrix.ts'
import { startPodman, whyNoPodman } from '../helpers/podman.ts'

const HOST = ['host', 'host', 'host'] as const
const OWN = ['own', 'own', 'own'] as const
const PRIVATE = ['private', 'private', 'private'] as const

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
    "a pod's infra container": { ...infra, declared: PRIVATE, observed: OWN },
    'shared pod pid': { ...app, declared: ['pod', 'pod', 'pod'], observed: ['sandbox', 'sandbox', 'sandbox'] },
  })
})
