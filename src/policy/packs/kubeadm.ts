import { type Component, definePack } from './pack.ts'

const REGISTRIES = ['registry.k8s.io', 'k8s.gcr.io']
const KUBE_SYSTEM = { proof: 'cri', podNamespace: ['kube-system'] } as const

/** What kubeadm sets up: the control plane as static pods, which only root on the node can make, and kube-proxy. */
export const kubeadm = definePack('kubeadm', [
  controlPlane('kube-apiserver', 'serves the API on the address of its node', [6443]),
  controlPlane(
    'kube-controller-manager',
    "reaches the API server by its node's network, before any pod network is there",
    [10257],
  ),
  controlPlane(
    'kube-scheduler',
    "reaches the API server by its node's network, before any pod network is there",
    [10259],
  ),
  controlPlane('etcd', 'serves the API server and its peers on the address of its node', [2379, 2380, 2381]),
  {
    name: 'kube-proxy',
    reason: "writes the rules of Services in its node's network namespace",
    who: {
      ...KUBE_SYSTEM,
      static: false,
      workload: ['kube-proxy'],
      container: ['kube-proxy'],
      image: images('kube-proxy'),
    },
    kinds: ['net'],
    ports: [10249, 10256],
  },
])

function controlPlane(name: string, reason: string, ports: readonly number[]): Component {
  // Its pod is named after the node, which the agent may know by another name: the workload is not sure to be the bare name.
  const who = { ...KUBE_SYSTEM, static: true, pod: [`${name}-*`], container: [name], image: images(name) }
  return { name, reason, who, kinds: ['net'], ports }
}

function images(name: string): string[] {
  return REGISTRIES.map((registry) => `${registry}/${name}`)
}
