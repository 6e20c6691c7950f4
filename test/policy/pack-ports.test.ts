import t from 'tap'
import { SHIPPED_POLICY } from '../../src/policy/packs/index.ts'
import { judge, podContainer } from '../helpers/policy.ts'

/** A static pod of the control plane, as CRI proves it. */
function component(name: string) {
  const pod = {
    namespace: 'kube-system',
    name: `${name}-node-1`,
    uid: 'hash',
    container: name,
    static: true,
    workload: name,
  }
  return podContainer({ image: `registry.k8s.io/${name}:v1.36.0`, pod })
}

t.test('accepts the ports of a control plane on whichever address, and of no other component', async (t) => {
  const apiserver = component('kube-apiserver')
  const etcd = component('etcd')
  const at = (fact: string) => ({ rule: 'exposed-host-port', fact })

  t.match(judge(SHIPPED_POLICY, apiserver, at('tcp/::/6443')), { exception: 'kubeadm/kube-apiserver-ports' })
  for (const fact of ['tcp/192.0.2.2/2379', 'tcp/127.0.0.1/2379', 'tcp/192.0.2.2/2380', 'tcp/127.0.0.1/2381']) {
    t.match(judge(SHIPPED_POLICY, etcd, at(fact)), { exception: 'kubeadm/etcd-ports' }, fact)
    t.equal(judge(SHIPPED_POLICY, apiserver, at(fact)), null, fact)
  }
})
