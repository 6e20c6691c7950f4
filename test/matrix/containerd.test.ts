import t from 'tap'
import { createCriSource } from '../../src/sources/cri/cri.ts'
import { startContainerd, whyNoContainerd } from '../helpers/containerd.ts'
import type { PodOptions, RunningPod } from '../helpers/containerd-pods.ts'
import { type Expected, holdMatrix } from '../helpers/matrix.ts'

const NODE = { network: 'NODE', pid: 'NODE', ipc: 'NODE' } as const
const HOST = ['host', 'host', 'host'] as const

t.test('judges every kind of pod of a real containerd', { skip: whyNoContainerd(), timeout: 180_000 }, async (t) => {
  const containerd = await startContainerd(t)
  const start = async (name: string, options: PodOptions = {}) => await containerd.runPod({ name, ...options })
  const app = ({ name, namespace, containerId }: RunningPod) => ({
    id: containerId,
    name: 'app',
    pod: `${namespace}/${name} (cri)`,
  })
  const sandbox = ({ name, namespace, sandboxId }: RunningPod) => ({
    id: sandboxId,
    name,
    pod: `${namespace}/${name} (cri)`,
  })
  const plain = await start('plain')
  const debuggerId = await plain.run({ name: 'debugger', target: plain.containerId })
  const shared = await start('shared', { pid: 'POD' })
  const all = await start('all', NODE)
  const target = `container:${plain.containerId}` as const

  await holdMatrix(t, createCriSource({ socketPath: containerd.socketPath, timeoutMs: 30_000 }), {
    plain: { ...app(plain), declared: ['pod', 'private', 'pod'], observed: ['sandbox', 'own', 'sandbox'] },
    "its pod's sandbox": { ...sandbox(plain), declared: ['pod', 'private', 'pod'], observed: ['own', 'own', 'own'] },
    'container:x': {
      ...app(plain),
      id: debuggerId,
      name: 'debugger',
      declared: ['pod', target, 'pod'],
      observed: ['sandbox', target, 'sandbox'],
    },
    'host net': {
      ...app(await start('net', { network: 'NODE' })),
      declared: ['host', 'private', 'pod'],
      observed: ['host', 'own', 'sandbox'],
    },
    'host pid': {
      ...app(await start('pid', { pid: 'NODE' })),
      declared: ['pod', 'host', 'pod'],
      observed: ['sandbox', 'host', 'sandbox'],
    },
    'host ipc': {
      ...app(await start('ipc', { ipc: 'NODE' })),
      declared: ['pod', 'private', 'host'],
      observed: ['sandbox', 'own', 'host'],
    },
    'all three': { ...app(all), declared: HOST, observed: HOST } satisfies Expected,
    'shared pod pid': {
      ...app(shared),
      declared: ['pod', 'pod', 'pod'],
      observed: ['sandbox', 'sandbox', 'sandbox'],
    },
    'the sandbox that shares its pid': {
      ...sandbox(shared),
      declared: ['pod', 'pod', 'pod'],
      observed: ['own', 'own', 'own'],
    },
  })
})
