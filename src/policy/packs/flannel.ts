import { definePack } from './pack.ts'

const DAEMON_SET = {
  proof: 'cri',
  podNamespace: ['kube-flannel', 'kube-system'],
  workload: ['kube-flannel-ds', 'kube-flannel-ds-*'],
} as const

const IMAGES = ['ghcr.io/flannel-io/flannel', 'docker.io/flannel/flannel', 'quay.io/coreos/flannel']
const PLUGIN_IMAGES = ['ghcr.io/flannel-io/flannel-cni-plugin', 'docker.io/flannel/flannel-cni-plugin']

/** flannel, as its own manifest installs it. */
export const flannel = definePack('flannel', [
  {
    name: 'kube-flannel',
    reason: "makes routes and tunnels in its node's network namespace",
    who: { ...DAEMON_SET, container: ['kube-flannel'], image: IMAGES },
    kinds: ['net'],
    ports: [],
  },
  {
    name: 'install',
    reason: 'copies the CNI plugin before flannel starts, in the same pod',
    who: { ...DAEMON_SET, container: ['install-cni', 'install-cni-plugin'], image: [...IMAGES, ...PLUGIN_IMAGES] },
    kinds: ['net'],
    ports: [],
  },
])
