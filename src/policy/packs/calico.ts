import { definePack } from './pack.ts'

const BY_CRI = { proof: 'cri', podNamespace: ['calico-system', 'kube-system'] } as const

/** Calico, as its manifest or the Tigera operator installs it. */
export const calico = definePack('calico', [
  {
    name: 'node',
    reason: "writes routes and policy in its node's network namespace, and speaks BGP from the node's address",
    who: { ...BY_CRI, workload: ['calico-node'], container: ['calico-node'], image: images('node') },
    kinds: ['net'],
    ports: [179, 9099],
  },
  {
    name: 'install',
    reason: 'prepares the node before calico-node starts, in the same pod',
    who: {
      ...BY_CRI,
      workload: ['calico-node'],
      container: ['upgrade-ipam', 'install-cni', 'mount-bpffs', 'ebpf-bootstrap', 'flexvol-driver'],
      image: [...images('cni'), ...images('node'), ...images('pod2daemon-flexvol')],
    },
    kinds: ['net'],
    ports: [],
  },
  {
    name: 'typha',
    reason: "serves calico-node on the node's address, before any pod network is there",
    who: { ...BY_CRI, workload: ['calico-typha'], container: ['calico-typha'], image: images('typha') },
    kinds: ['net'],
    ports: [5473, 9098],
  },
  {
    name: 'operator',
    reason: "installs Calico by the node's network, before any pod network is there",
    who: {
      proof: 'cri',
      podNamespace: ['tigera-operator'],
      workload: ['tigera-operator'],
      container: ['tigera-operator'],
      image: ['quay.io/tigera/operator'],
    },
    kinds: ['net'],
    ports: [],
  },
])

function images(name: string): string[] {
  return [`quay.io/calico/${name}`, `docker.io/calico/${name}`]
}
