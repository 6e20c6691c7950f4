import t from 'tap'
import { type PodFacts, podOf } from '../../../src/sources/cri/pod-identity.ts'

t.test('names the workload by what its replicas have in common', async (t) => {
  const deployment = { 'pod-template-hash': '6c5d8f9b7' }
  const controlled = { 'controller-revision-hash': 'web-6c5d8f9b7' }
  const cases: readonly (readonly [string, PodFacts['labels'], string | undefined])[] = [
    ['web-6c5d8f9b7-x2k4p', deployment, 'web'],
    ['a-6c5d8f9b7-b-6c5d8f9b7-x2k4p', deployment, 'a-6c5d8f9b7-b'],
    ['renamed', deployment, undefined],
    ['web-0', controlled, 'web'],
    ['web-12345', controlled, 'web'],
    ['kube-proxy-x2k4p', controlled, 'kube-proxy'],
    ['odd', controlled, undefined],
    ['bare', {}, undefined],
  ]
  for (const [name, labels, workload] of cases) {
    t.equal(identify({ name, labels }).workload, workload, name)
  }
})

t.test("takes the node's name off a static pod's, and no label's word for its workload", async (t) => {
  const labels = { 'pod-template-hash': 'x' }

  t.match(identify({ name: 'etcd-node-1', source: 'file', labels }), { static: true, workload: 'etcd' })
  t.match(identify({ name: 'etcd-node-1', source: 'http' }), { static: true, workload: 'etcd' })
  t.match(identify({ name: 'etcd-node-10', source: 'file' }), { static: true, workload: 'etcd-node-10' })
})

t.test('calls no pod static that came by the API server, or of which nothing says whence', async (t) => {
  t.equal(identify({ name: 'etcd-node-1', source: 'api' }).static, false)
  t.equal(identify({ name: 'etcd-node-1' }).static, false)
})

function identify({ name, source, labels = {} }: { name: string; source?: string; labels?: PodFacts['labels'] }) {
  const annotations = source === undefined ? {} : { 'kubernetes.io/config.source': source }
  const metadata = { name, namespace: 'default', uid: 'u', attempt: 0 }
  return podOf({ metadata, labels, annotations }, 'app', 'cri', 'node-1')
}
