import type { Container, Relation } from '../model/container.ts'
import type { Gap, GapReason } from '../model/gap.ts'
import type { NamespaceKind } from '../model/namespace.ts'
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
import type { ReachSource, TaskReport } from '../sources/source.ts'
import type { Heard } from './listeners.ts'
import { loopbackListenersOf } from './loopback.ts'
import { listNetSpaces, type NetContext } from './net-spaces.ts'

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
export interface ReachContext extends NetContext {
  readonly report: Pick<TaskReport, 'self' | 'selfPid' | 'uptime' | 'gaps'>
  readonly heard: Heard
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
  const host = listNetSpaces(context).find(({ isHost }) => isHost)
  const [witness] = host?.tasks ?? []
  if (host === undefined || witness === undefined) {
    const gaps = [gapOf('net namespace of the host', 'denied', 'no process in it is open to us')]
    return { reach: { loopbackListeners: 'unknown', abstractSockets: 'unknown', interfaces }, gaps }
  }
  const { inode } = host
  const { reach, gaps } = source.readNet({ pid: witness.pid, inode })
  return { reach: { loopbackListeners: loopbackListenersOf(context.heard, inode), ...reach, interfaces }, gaps }
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
