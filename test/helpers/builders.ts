import type { Container, Relation, Sharing } from '../../src/model/container.ts'
import type { Finding, Report } from '../../src/model/finding.ts'
import type { Gap } from '../../src/model/gap.ts'
import { type Baseline, eachKind, INITIAL_INODES, type NamespaceKind } from '../../src/model/namespace.ts'
import type { Node } from '../../src/model/node.ts'
import type { Port } from '../../src/model/port.ts'
import { SNAPSHOT_VERSION, type Snapshot } from '../../src/model/snapshot.ts'
import { verdictOf, worstOf } from '../../src/model/verdict.ts'

/** The host's inodes in everything built here. */
export const HOST_INODES: Readonly<Record<NamespaceKind, number>> = {
  ...INITIAL_INODES,
  net: 4026531833,
  mnt: 4026531832,
}

/** A moment, in Unix milliseconds: 2026-01-02T03:04:05.678Z. */
export const TAKEN_AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

const OWN_INODE = 4026532500
const PLAIN_CONTEXT = { isSandbox: false, samePod: false, targetIsHost: false }

/**
 * A container's sharing of one kind: private and its own unless said otherwise. What is not given follows from what is:
 * `main` from `observed`, the inodes from `main`, the verdict from the table of docs/architecture.md.
 */
export function sharing(kind: NamespaceKind, given: Partial<Sharing> = {}): Sharing {
  const declared = given.declared ?? 'private'
  const observed = given.observed ?? 'own'
  const main: Relation = given.main ?? (observed === 'mixed' ? 'own' : observed)
  const others = given.others ?? []
  const verdictOn = (relation: Relation) =>
    verdictOf(declared, relation, {
      ...PLAIN_CONTEXT,
      isTarget: relation === declared,
      isUnreadPath: declared.startsWith('path:'),
    })
  return {
    declared,
    declaredBy: 'a test',
    observed,
    main,
    inode: inodeOf(main, kind),
    hostInode: HOST_INODES[kind],
    mainVerdict: verdictOn(main),
    verdict: worstOf([main, ...others.map(({ relation }) => relation)].map(verdictOn)),
    others,
    sightings: 2,
    ...given,
  }
}

/** What `container` takes: any field of a container, and any part of any kind's sharing. */
export interface GivenContainer extends Partial<Omit<Container, 'sharing'>> {
  readonly sharing?: Partial<Record<NamespaceKind, Partial<Sharing>>>
}

/** A running Docker container with namespaces of its own, but for user and time, as Docker makes them. */
export function container(given: GivenContainer = {}): Container {
  return {
    id: 'c0ffee'.padEnd(64, '0'),
    name: 'web',
    role: 'container',
    state: 'running',
    startedAt: TAKEN_AT - 60_000,
    restarts: 0,
    runtime: { name: 'docker', socket: '/run/docker.sock' },
    sources: ['docker', 'cgroups'],
    image: 'busybox:latest',
    initPid: 4711,
    initStartTime: 123_456,
    userNs: { inode: HOST_INODES.user, rootMapsTo: 0 },
    privileges: privileges(),
    processes: { count: 1, threads: 1 },
    ...given,
    sharing: sharings(given.sharing ?? {}),
  }
}

/** What Docker leaves to root in a container. */
export function privileges(given: Partial<Container['privileges']> = {}): NonNullable<Container['privileges']> {
  const lsm = { module: 'apparmor', label: 'docker-default (enforce)', confines: true } as const
  return { uid: 0, effectiveCapabilities: '00000000a80425fb', seccomp: 'filter', noNewPrivs: false, lsm, ...given }
}

export function node(given: Partial<Node> = {}): Node {
  return {
    name: 'node-1',
    bootId: '6f1b1f6e-0000-4000-8000-000000000001',
    os: 'Debian GNU/Linux 12',
    kernel: '6.18.0',
    architecture: 'x64',
    cgroups: 'v2',
    reader: 'procfs',
    uid: 0,
    interfaces: [{ name: 'eth0', addresses: [{ family: 'ipv4', address: '192.0.2.10' }] }],
    ...given,
  }
}

/** The host's namespaces, all proven by pid 1. */
export function baseline(given: Partial<Baseline> = {}): Baseline {
  const proven = eachKind((kind) => ({ inode: HOST_INODES[kind], by: 'pid1' as const }))
  return { node: proven, kernel: proven, nested: false, ...given }
}

export function gap(given: Partial<Gap> = {}): Gap {
  return { source: 'docker', subject: '/run/docker.sock', reason: 'timeout', affects: '*', ...given }
}

export function port(given: Partial<Port> = {}): Port {
  return {
    family: 'ipv4',
    hostAddress: '0.0.0.0',
    hostPort: 9002,
    protocol: 'tcp',
    mechanism: 'docker-proxy',
    claim: 'web/8080/tcp',
    effective: { outside: 'yes', node: 'yes', loopback: 'yes' },
    conditions: [],
    targets: [{ address: '172.17.0.2', port: 8080 }],
    owners: [],
    declaredBy: [],
    ...given,
  }
}

export function finding(given: Partial<Finding> = {}): Finding {
  return {
    id: '0123456789abcdef0123456789abcdef',
    group: '["shared-net-namespace",null,null,"web","net"]',
    rule: 'shared-net-namespace',
    severity: 'high',
    status: 'open',
    subject: { type: 'container', containerId: 'c0ffee'.padEnd(64, '0'), containerName: 'web' },
    fact: 'net',
    summary: "web runs in the host's network namespace",
    evidence: { inode: HOST_INODES.net, hostInode: HOST_INODES.net, declared: 'host', declaredBy: 'a test' },
    references: [],
    stale: false,
    ...given,
  }
}

/** One look at a node without containers and without gaps. */
export function snapshot(given: Partial<Snapshot> = {}): Snapshot {
  return {
    version: SNAPSHOT_VERSION,
    takenAt: TAKEN_AT,
    durationMs: 42,
    node: node(),
    baseline: baseline(),
    policyHash: null,
    gaps: [],
    containers: [],
    reach: {},
    namespaces: [],
    listeners: [],
    ports: [],
    ...given,
  }
}

export function report(given: Partial<Report> = {}): Report {
  return { ...snapshot(), findings: [], ...given }
}

function sharings(given: Partial<Record<NamespaceKind, Partial<Sharing>>>): Record<NamespaceKind, Sharing> {
  const inherited = { declared: 'host', observed: 'host' } as const
  return eachKind((kind) => sharing(kind, { ...(kind === 'user' || kind === 'time' ? inherited : {}), ...given[kind] }))
}

function inodeOf(main: Relation, kind: NamespaceKind): number | null {
  if (main === 'unknown' || main === 'not-applicable') return null
  return main === 'host' || main === 'kernel' ? HOST_INODES[kind] : OWN_INODE
}
