import t, { type Test } from 'tap'
import { createDockerSource } from '../../../src/sources/docker/docker.ts'
import { answerContainers, fakeDocker, inspection } from '../../helpers/fake-docker.ts'

const POD = {
  'io.kubernetes.pod.namespace': 'kube-system',
  'io.kubernetes.pod.name': 'etcd-node1',
  'io.kubernetes.pod.uid': '0f2ba9d8',
  'io.kubernetes.container.name': 'etcd',
}

t.test('takes a pod from labels, as a claim of whoever wrote them', async (t) => {
  const container = await described(t, { ...POD, 'io.kubernetes.docker.type': 'container' })

  t.equal(container?.role, 'container')
  t.strictSame(container?.pod, {
    namespace: 'kube-system',
    name: 'etcd-node1',
    uid: '0f2ba9d8',
    container: 'etcd',
    static: false,
    proof: 'claim',
  })
})

t.test('knows a static pod by the source of its configuration', async (t) => {
  const container = await described(t, { ...POD, 'annotation.kubernetes.io/config.source': 'file' })

  t.equal(container?.pod?.static, true)
})

t.test('knows the sandbox of a pod', async (t) => {
  t.equal((await described(t, { ...POD, 'io.kubernetes.docker.type': 'podsandbox' }))?.role, 'sandbox')
  t.equal((await described(t, { ...POD, 'io.kubernetes.container.name': 'POD' }))?.role, 'sandbox')
})

t.test('makes no pod of half its labels', async (t) => {
  t.notOk((await described(t, { 'io.kubernetes.pod.name': 'x' }))?.pod)
})

t.test('is not kept from a container by a label that somebody made long', async (t) => {
  const container = await described(t, {
    ...POD,
    'io.kubernetes.pod.name': 'x'.repeat(100_000),
    other: 'x'.repeat(9000),
  })

  t.equal(container?.declared.net.declared, 'private')
  t.notOk(container?.pod)
})

async function described(t: Test, Labels: Readonly<Record<string, string>>) {
  const { socketPath } = await fakeDocker(t, answerContainers([inspection({ Config: { Image: 'x', Labels } })]))
  const { containers } = await createDockerSource({ socketPath }).list(AbortSignal.timeout(10_000))
  return containers[0]
}
