import t from 'tap'
import { repositoryNames } from '../../src/policy/image.ts'

const DIGEST = `sha256:${'ea416dd0'.repeat(8)}`

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ['registry.k8s.io/kube-proxy:v1.36.0', ['registry.k8s.io/kube-proxy']],
  [`registry.k8s.io/kube-proxy@${DIGEST}`, ['registry.k8s.io/kube-proxy']],
  [`registry.k8s.io/kube-proxy:v1.36.0@${DIGEST}`, ['registry.k8s.io/kube-proxy']],
  ['registry.k8s.io/kube-proxy', ['registry.k8s.io/kube-proxy']],
  ['localhost/team/web:1', ['localhost/team/web']],
  ['registry.example:5000/web', ['registry.example:5000/web']],
  ['registry.example:5000/web:1', ['registry.example:5000/web']],
  ['busybox', ['docker.io/library/busybox', 'busybox']],
  ['busybox:1.37', ['docker.io/library/busybox', 'busybox']],
  ['docker.io/library/busybox:1.37', ['docker.io/library/busybox', 'busybox']],
  ['calico/node:v3.30', ['docker.io/calico/node', 'calico/node']],
  ['docker.io/calico/node', ['docker.io/calico/node', 'calico/node']],
  ['index.docker.io/calico/node', ['docker.io/calico/node', 'calico/node']],
  ['', []],
  [DIGEST, []],
  [DIGEST.slice('sha256:'.length), []],
]

t.test('names the repository of an image, never its tag or digest', async (t) => {
  for (const [reference, expected] of CASES) t.strictSame(repositoryNames(reference), expected, reference)
})

t.test("does not take a path on another registry for Docker's own", async (t) => {
  t.strictSame(repositoryNames('evil.example/docker.io/calico/node:1'), ['evil.example/docker.io/calico/node'])
  t.strictSame(repositoryNames('evil.example/calico/node'), ['evil.example/calico/node'])
})
