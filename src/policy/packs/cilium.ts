import { definePack } from './pack.ts'

const BY_CRI = { proof: 'cri', podNamespace: ['kube-system', 'cilium'] } as const
const AGENT_IMAGE = ['quay.io/cilium/cilium']

/** Cilium, as its Helm chart installs it; the ports are those of its default values. */
export const cilium = definePack('cilium', [
  {
    name: 'agent',
    reason: "loads its datapath into its node's network namespace",
    who: { ...BY_CRI, workload: ['cilium'], container: ['cilium-agent'], image: AGENT_IMAGE },
    kinds: ['net'],
    ports: [4240, 4244, 9879, 9890],
  },
  {
    name: 'install',
    reason: 'prepares the node before the agent starts, in the same pod',
    who: {
      ...BY_CRI,
      workload: ['cilium'],
      container: [
        'config',
        'mount-cgroup',
        'apply-sysctl-overwrites',
        'mount-bpf-fs',
        'clean-cilium-state',
        'install-cni-binaries',
      ],
      image: AGENT_IMAGE,
    },
    kinds: ['net'],
    ports: [],
  },
  {
    name: 'envoy',
    reason: "proxies the node's traffic where a policy of layer 7 asks for it",
    who: {
      ...BY_CRI,
      workload: ['cilium-envoy'],
      container: ['cilium-envoy'],
      image: ['quay.io/cilium/cilium-envoy'],
    },
    kinds: ['net'],
    ports: [9878, 9964],
  },
  {
    name: 'operator',
    reason: "reaches the API server by its node's network, before any pod network is there",
    who: {
      ...BY_CRI,
      workload: ['cilium-operator'],
      container: ['cilium-operator'],
      image: ['operator', 'operator-generic', 'operator-aws', 'operator-azure', 'operator-alibabacloud'].map(
        (name) => `quay.io/cilium/${name}`,
      ),
    },
    kinds: ['net'],
    ports: [9234, 9891, 9963],
  },
])
