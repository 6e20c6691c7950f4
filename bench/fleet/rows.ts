import type { StateItem } from '../../src/model/changes.ts'
import { eachKind, INITIAL_INODES } from '../../src/model/namespace.ts'

const STARTED_AT = Date.UTC(2026, 0, 2)
const OWN_INODE = 4026532500

/** A container as Docker makes them, of the size that they have: what an agent tells most of. */
export function containerRow(generation: number): Extract<StateItem, { type: 'container' }> {
  const id = idOf(generation)
  return {
    type: 'container',
    key: id,
    value: {
      id,
      name: `worker-${generation}`,
      role: 'container',
      state: 'running',
      startedAt: STARTED_AT + generation,
      restarts: 0,
      runtime: { name: 'docker', socket: '/run/docker.sock' },
      sources: ['docker', 'cgroups'],
      image: 'registry.example/shop/worker:1.2.3',
      initPid: 4711 + generation,
      initStartTime: 123_456,
      userNs: { inode: INITIAL_INODES.user, rootMapsTo: 0 },
      privileges: {
        uid: 0,
        effectiveCapabilities: '00000000a80425fb',
        seccomp: 'filter',
        noNewPrivs: false,
        lsm: { module: 'apparmor', label: 'docker-default (enforce)', confines: true },
      },
      sharing: eachKind(() => OWN),
    },
  }
}

const OWN = {
  declared: 'private',
  declaredBy: 'HostConfig',
  observed: 'own',
  main: 'own',
  mainVerdict: 'as-declared',
  inode: OWN_INODE,
  hostInode: INITIAL_INODES.uts,
  verdict: 'as-declared',
  others: [],
  sightings: 2,
} as const

/** The port that it publishes. */
export function portRow(generation: number): Extract<StateItem, { type: 'port' }> {
  const hostPort = 9000 + generation
  return {
    type: 'port',
    key: `ipv4/0.0.0.0/${hostPort}/tcp/worker-${generation}`,
    value: {
      family: 'ipv4',
      hostAddress: '0.0.0.0',
      hostPort,
      protocol: 'tcp',
      mechanism: 'docker-proxy',
      claim: `worker-${generation}/8080/tcp`,
      effective: { outside: 'yes', node: 'yes', loopback: 'yes' },
      conditions: [],
      targets: [{ address: '172.17.0.2', port: 8080, containerId: idOf(generation) }],
      owners: [],
      declaredBy: [{ by: 'docker', containerId: idOf(generation), implicit: false }],
    },
  }
}

/** What a rule has against it. */
export function findingRow(generation: number, kind: 'net' | 'pid'): Extract<StateItem, { type: 'finding' }> {
  const id = `${kind === 'net' ? 'a' : 'b'}${generation}`.padEnd(32, '0')
  const name = `worker-${generation}`
  return {
    type: 'finding',
    key: id,
    value: {
      id,
      group: `["shared-${kind}-namespace",null,null,"${name}","${kind}"]`,
      rule: `shared-${kind}-namespace`,
      severity: kind === 'net' ? 'high' : 'critical',
      status: 'open',
      subject: { type: 'container', containerId: idOf(generation), containerName: name },
      fact: kind,
      summary: `${name} runs in the host's ${kind} namespace`,
      evidence: {
        inode: INITIAL_INODES.pid,
        hostInode: INITIAL_INODES.pid,
        declared: 'host',
        declaredBy: 'HostConfig',
      },
      references: [{ name: 'Pod Security Standards: Baseline, Host Namespaces', url: 'https://example.org/standards' }],
      stale: false,
    },
  }
}

function idOf(generation: number): string {
  return `c0ffee${generation.toString(16).padStart(2, '0')}`.padEnd(64, '0')
}
