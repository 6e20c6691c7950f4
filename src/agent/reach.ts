import type { Container, Relation } from '../model/container.ts'
import type { Gap, GapReason } from '../model/gap.ts'
import type { Baseline, NamespaceKind } from '../model/namespace.ts'
import type { NetworkInterface } from '../model/node.ts'
import {
  type Bounded,
  bounded,
  type Found,
  type NetReach,
  type PidReach,
  type Reach,
  type ReachedInterface,
} from '../model/reach.ts'
import type { Process } from '../model/task.ts'
import type { ReachSource, TaskReport } from '../sources/source.ts'
import type { Draft } from './join.ts'

const ADDRESSES_SHOWN = 8

/** What people look for first, by comm, which the kernel cuts after 15 characters. */
const WELL_KNOWN = [
  'systemd',
  'kubelet',
  'dockerd',
  'containerd',
  'crio',
  'podman',
  'sshd',
  'etcd',
  'kube-apiserver',
  'kube-controller',
  'kube-scheduler',
]

/** In clock ticks, 10 minutes: what comes and goes on a node that stands still is younger. */
const LASTING_TICKS = 60_000

/** A host's end of a container's link, by the names that Docker, CNI plugins and cloud networks give. */
const LINK = /^(veth|cali|lxc|eni|azv|gke|tap|vnet)[0-9a-f]+$/

/** What a scan has read when it looks for the blast radius. */
export interface ReachContext {
  readonly report: Pick<TaskReport, 'self' | 'selfPid' | 'uptime' | 'gaps'>
  readonly processes: readonly Process[]
  readonly drafts: readonly Draft[]
  readonly baseline: Baseline
  /** The node's own, or none where the agent is in another net namespace. */
  readonly interfaces: readonly NetworkInterface[]
}

interface Reading<Value> {
  readonly reach: Value
  readonly gaps: readonly Gap[]
}

/** Reads what sharing the host's net, pid and ipc namespaces puts within reach, each only while a container does. */
export function readReach(
  containers: readonly Container[],
  context: ReachContext,
  source: ReachSource,
): Reading<Reach> {
  const isShared = (kind: NamespaceKind) => containers.some((container) => sharesHost(container, kind))
  const net = isShared('net') ? readNet(context, source) : null
  const ipc = isShared('ipc') ? readIpc(context, source) : null
  return {
    reach: {
      ...(net === null ? {} : { net: net.reach }),
      ...(isShared('pid') ? { pid: pidReach(context) } : {}),
      ...(ipc === null ? {} : { ipc: ipc.reach }),
    },
    gaps: [...(net?.gaps ?? []), ...(ipc?.gaps ?? [])],
  }
}

function sharesHost({ sharing }: Container, kind: NamespaceKind): boolean {
  const { main, others } = sharing[kind]
  const isHost = (relation: Relation) => relation === 'host'
  return isHost(main) || others.some(({ relation }) => isHost(relation))
}

function readNet(context: ReachContext, source: ReachSource): Reading<NetReach> {
  const interfaces = interfacesOf(context.interfaces)
  const inode = context.baseline.node.net?.inode
  const pid = inode === undefined ? undefined : witnessOf(inode, context)
  if (inode === undefined || pid === undefined) {
    const gaps = [gapOf('net namespace of the host', 'denied', 'no process in it is open to us')]
    return { reach: { loopbackListeners: 'unknown', abstractSockets: 'unknown', interfaces }, gaps }
  }
  const { reach, gaps } = source.readNet({ pid, inode })
  return { reach: { ...reach, interfaces }, gaps }
}

/** Ourselves where we are in it; else the oldest process of the host's, which a container cannot move or end. */
function witnessOf(inode: number, { report, processes, drafts }: ReachContext): number | undefined {
  if (report.self.net === inode) return report.selfPid
  const inside = processes.filter(({ leader }) => leader.namespaces.net === inode)
  const contained = new Set(drafts.flatMap((draft) => draft.processes))
  const oldestFirst = inside.toSorted((a, b) => a.leader.startTime - b.leader.startTime)
  return (oldestFirst.find((process) => !contained.has(process)) ?? oldestFirst[0])?.leader.pid
}

function interfacesOf(interfaces: readonly NetworkInterface[]): Found<ReachedInterface> {
  // Every net namespace has a loopback: none at all means that nobody looked, and the scan says so.
  if (interfaces.length === 0) return 'unknown'
  const reached = interfaces.map(({ name, addresses }) => {
    const texts = addresses.map(({ address }) => address).filter((address) => !address.startsWith('fe80:'))
    return { name: texts.length === 0 ? name.replace(LINK, '$1*') : name, addresses: bounded(texts, ADDRESSES_SHOWN) }
  })
  return bounded(reached)
}

/** The names of host processes: the well-known that are there, then those that last. */
function pidReach({ report, processes, drafts }: ReachContext): PidReach {
  if (report.gaps.some(({ affects }) => affects === '*')) return { hostProcesses: 'unknown' }
  const contained = new Set(drafts.flatMap((draft) => draft.processes))
  const onHost = processes.filter((process) => !process.kernelThread && !contained.has(process))
  const present = new Set(onHost.map(({ leader }) => leader.comm))
  const lasting = onHost.flatMap(({ leader }) =>
    report.uptime - leader.startTime >= LASTING_TICKS ? [leader.comm] : [],
  )
  return {
    hostProcesses: namesOf(
      WELL_KNOWN.filter((name) => present.has(name)),
      lasting,
    ),
  }
}

function namesOf(first: readonly string[], others: readonly string[]): Bounded<string> {
  return bounded([...first, ...others.toSorted()])
}

function readIpc({ report, baseline }: ReachContext, source: ReachSource): ReturnType<ReachSource['readIpc']> {
  if (report.self.ipc !== undefined && report.self.ipc === baseline.node.ipc?.inode) return source.readIpc()
  const reach = {
    sharedMemory: 'unknown',
    semaphores: 'unknown',
    messageQueues: 'unknown',
    posixQueues: 'unknown',
  } as const
  const detail = "procfs shows the objects of the reader's ipc namespace, and the agent is not in the host's"
  return { reach, gaps: [gapOf('ipc objects of the host', 'unsupported', detail)] }
}

/** It costs evidence and no verdict. */
function gapOf(subject: string, reason: GapReason, detail: string): Gap {
  return { source: 'procfs', subject, reason, affects: [], detail }
}
