import type { Container, Declared, Privileges } from '../model/container.ts'
import type { Forwarder } from '../model/forwarder.ts'
import type { Gap, GapReason } from '../model/gap.ts'
import type { HostIpc } from '../model/host-ipc.ts'
import type { NamespaceInodes, NamespaceKind } from '../model/namespace.ts'
import type { NatRuleset } from '../model/nat.ts'
import type { Node } from '../model/node.ts'
import type { Origin } from '../model/origin.ts'
import type { Protocol } from '../model/port.ts'
import type { IpcReach, NetReach } from '../model/reach.ts'
import type { Process, Task } from '../model/task.ts'
import type { ListenerSource } from './listener-source.ts'

/** What a runtime was asked for, and the field that says so; `by` is null when nothing says. */
export interface Declaration {
  readonly declared: Declared
  readonly by: string | null
  /** Of a `path:<file>`: which namespace the file is, once a scan has found out. */
  readonly inode?: number
}

/** A host port as a runtime declares it; hostPort 0 (any) is left out until the runtime has chosen. */
export interface PublishedPort {
  /** Empty when the declaration names no address. */
  readonly hostAddress: string
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: Protocol
  readonly implicit: boolean
}

/** A container as one runtime describes it: claims, until the kernel has been looked at. */
export interface RuntimeContainer
  extends Pick<Container, 'id' | 'name' | 'role' | 'state' | 'startedAt' | 'restarts' | 'runtime' | 'image' | 'pod'> {
  /** In the runtime's own pid namespace; null when it does not say. */
  readonly initPid: number | null
  /** The id of the sandbox whose namespaces it joins, where the runtime says. */
  readonly sandboxId?: string
  /** What runs it, such as `io.containerd.kata.v2`, where the runtime says: a handler's name is the node's own choice. */
  readonly shim?: string
  readonly declared: Readonly<Record<NamespaceKind, Declaration>>
  readonly ports: readonly PublishedPort[]
  /** What its image says that it listens on (EXPOSE): a hint, which publishes nothing. */
  readonly exposed?: readonly Pick<PublishedPort, 'containerPort' | 'protocol'>[]
  /** Its addresses in its own network; absent where the runtime does not say, none where it has no network of its own. */
  readonly addresses?: readonly string[]
}

export interface RuntimeReport {
  readonly containers: readonly RuntimeContainer[]
  readonly gaps: readonly Gap[]
}

/** One container runtime on one socket. */
export interface RuntimeSource {
  readonly name: 'docker' | 'cri' | 'podman'
  /**
   * Lists the live containers. Never throws for what the runtime does: a socket that is dead, hangs or answers
   * garbage is a gap in the report, beside the last containers it told of. A runtime that is not installed is neither.
   */
  list(signal: AbortSignal): Promise<RuntimeReport>
  /** Calls back after every start and end of a container, until the signal; reconnects by itself. */
  watch?(onChange: (cause: string) => void, signal: AbortSignal): Promise<void>
}

/** What a task may do, apart from where its namespaces are. */
export interface Rights {
  readonly privileges: Privileges | null
  /** What uid 0 of its user namespace is outside, user_namespaces(7); null when unmapped or unreadable. */
  readonly rootMapsTo: number | null
}

/** What the tasks of the node look like at one moment. */
export interface TaskReport {
  /** Clock ticks since boot when it was read, on the clock of every task's start time: proc_uptime(5). */
  readonly uptime: number
  readonly processes: readonly Process[]
  /** The scanning process's own namespaces. */
  readonly self: NamespaceInodes
  /** The scanning process itself, by its number among these processes. */
  readonly selfPid: number
  /** True where the procfs that was read belongs to the kernel's initial pid namespace (it shows kthreadd). */
  readonly initialPidNamespace: boolean
  /** Whether pid 1 is in the scanning process's own net namespace, which also those may learn whom its links are closed to; null when nothing tells. */
  readonly sharesNetWithInit: boolean | null
  readonly gaps: readonly Gap[]
}

/** Whose details are asked for: nothing is told of another task (by start time) that has its number now. */
export type TaskId = Pick<Task, 'pid' | 'tid' | 'startTime'>

/** A namespace that a process keeps open. */
export interface OpenNamespace {
  readonly kind: NamespaceKind
  readonly inode: number
  /** Where it is mounted, as the process sees it; null where a file descriptor holds it. */
  readonly mountPoint: string | null
}

/** The processes of one container, its main one first. */
export interface Holders {
  readonly containerId: string
  readonly tasks: readonly TaskId[]
  /** The inodes of sockets that none of them should hold: the host's, of a container that is not in its net namespace. */
  readonly foreignSockets: ReadonlySet<number>
}

export interface HeldReport {
  /** What each of the processes keeps open, by pid; nothing of what could not be read. */
  readonly open: ReadonlyMap<number, readonly OpenNamespace[]>
  /** Which foreign sockets each of the processes holds, by pid. */
  readonly sockets: ReadonlyMap<number, readonly number[]>
  readonly gaps: readonly Gap[]
}

/** A net namespace that a mount of the node's keeps alive. */
export interface Pin {
  readonly path: string
  readonly inode: number
  /** False while it may yet be a starting pod's. */
  readonly settled: boolean
}

/** What is too dear to read of every task: it is read of odd ones, or of containers' tasks in turn. */
export interface DetailSource {
  /** Tells where a task came from, as it was when this was first asked; null when it is gone. */
  readOrigin(task: TaskId): Origin | null
  /** Tells where a task's next children will be; null where that is where it is, or it is gone. */
  readForChildren(task: Task): Pick<NamespaceInodes, 'pid' | 'time'> | null
  /**
   * Tells what a process of the host's does with the ports that it holds for containers, by its own command line, which
   * goes no further; null where it is none of those that do, or it is gone.
   */
  readForwarder(task: TaskId): Forwarder | null
  /**
   * Tells which namespaces and foreign sockets containers' processes keep open; each answer is at most 60 s old, or there is a gap. What is
   * mounted where a process's root is (still) the host's is the host's, and left out.
   *
   * @param host a process in the host's mnt namespace
   */
  readHeld(holders: readonly Holders[], host: TaskId | undefined): HeldReport
  /**
   * Lists the net namespaces that the node's mounts keep alive, as they were at most 30 s ago, or why that cannot be read.
   *
   * @param host a process in the host's mnt namespace
   */
  readPins(host: TaskId): readonly Pin[] | GapReason
  /**
   * Tells which namespace of a kind is mounted at a path, or why nobody can say; `missing` where none is.
   *
   * @param host a process in the host's mnt namespace, in which the path is meant
   */
  readMounted(host: TaskId, kind: NamespaceKind, path: string): number | GapReason
  /**
   * Tells what a task has mounted of the host's shared memory and message queues, or why that cannot be read; null when
   * it is gone, or its root is (still) the host's.
   *
   * @param host a process in the host's mnt namespace
   */
  readHostIpc(task: TaskId, host: TaskId): HostIpc | GapReason | null
}

/** A task by which a net namespace is read: nothing is read of another namespace. */
export interface NetTask {
  readonly pid: number
  /** The namespace's inode. */
  readonly inode: number
}

/** What a net namespace holds that neither its interfaces nor its listeners show. */
export type NetReading = Pick<NetReach, 'abstractSockets'>

/** Reads what is within reach of whoever shares the host's namespaces; never throws for what it cannot read. */
export interface ReachSource {
  readNet(task: NetTask): { readonly reach: NetReading; readonly gaps: readonly Gap[] }
  /** Reads the scanning process's own ipc namespace: procfs shows no other. */
  readIpc(): { readonly reach: IpcReach; readonly gaps: readonly Gap[] }
}

/** A tier that reads tasks: procfs or bpf, same results. */
export interface TaskSource {
  readonly tier: Node['reader']
  readonly details: DetailSource
  readonly reach: ReachSource
  readonly listeners: ListenerSource
  read(): TaskReport
  /** Reads one task again; null when it is gone or another one (by start time) has its number. */
  reread(task: TaskId): Task | null
  /** Reads a process that the last report may not have; null when it is gone. */
  readProcess(pid: number): Process | null
  /** Reads what a task may do; nothing of another one (by start time) that has its number now. */
  readRights(task: TaskId): Rights
}

/** Facts about the machine. */
export interface NodeSource {
  read(signal: AbortSignal): Promise<{ readonly node: Omit<Node, 'reader'>; readonly gaps: readonly Gap[] }>
}

/** The NAT rules of one net namespace, and what of them could not be read. */
export interface NatReport {
  readonly ruleset: NatRuleset
  readonly gaps: readonly Gap[]
}

/** Reads the NAT rules of the net namespace that the agent is in; never throws but for the signal. */
export interface NatSource {
  /**
   * Gives the rules as they were at most 120 s ago, usually 30, and never older than the first question about these
   * containers: whoever starts one may have made rules for it.
   *
   * @param containers the ids of the containers that run
   */
  read(containers: readonly string[], signal: AbortSignal): Promise<NatReport>
}
