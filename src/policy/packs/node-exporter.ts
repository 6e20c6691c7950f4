import { definePack } from './pack.ts'

const DAEMON_SET = {
  proof: 'cri',
  podNamespace: ['monitoring', 'prometheus', 'observability', 'kube-prometheus-stack', 'kube-system'],
  workload: ['*node-exporter'],
} as const

/** Prometheus' node-exporter, as kube-prometheus and the community's Helm chart install it. */
export const nodeExporter = definePack('node-exporter', [
  {
    name: 'node-exporter',
    reason: "reads the node's own network counters and processes",
    who: {
      ...DAEMON_SET,
      container: ['node-exporter'],
      image: ['quay.io/prometheus/node-exporter', 'docker.io/prom/node-exporter'],
    },
    kinds: ['net', 'pid'],
    ports: [9100],
  },
  {
    name: 'kube-rbac-proxy',
    reason: 'guards the port of the node-exporter beside it, in the same pod',
    who: { ...DAEMON_SET, container: ['kube-rbac-proxy'], image: ['quay.io/brancz/kube-rbac-proxy'] },
    kinds: ['net', 'pid'],
    ports: [9100],
  },
])
