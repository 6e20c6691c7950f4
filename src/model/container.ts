import type { HostIpc } from './host-ipc.ts'
import type { NamespaceKind } from './namespace.ts'
import type { Origin } from './origin.ts'

/** What was asked for, of one container and kind. */
export type Declared = 'host' | 'private' | 'pod' | 'unknown' | `container:${string}` | `path:${string}`

/** Where a task's namespace was found to be. */
export type Relation = 'host' | 'kernel' | 'own' | 'sandbox' | 'unknown' | 'not-applicable' | `container:${string}`

/** `mixed` when some task of the container differs from its main task. */
export type Observed = Relation | 'mixed'

export const VERDICTS = [
  'as-declared',
  'undeclared-sharing',
  'ineffective-declaration',
  'unknown',
  'not-applicable',
] as const

export type Verdict = (typeof VERDICTS)[number]

/** A task by its identity (pid, start time); `comm` is the task's own word. */
export interface TaskReference {
  readonly pid: number
  readonly tid: number
  readonly startTime: number
  readonly comm: string
  /** Where it came from; of tasks in another's namespace, outside of their cgroup, or visiting. */
  readonly origin?: Origin
}

/** Some tasks; `tasks` is cut, `total` is not. */
export interface TaskGroup {
  readonly tasks: readonly TaskReference[]
  readonly total: number
}

/** Tasks of a container that sit in another namespace than its main task; `tasks` is cut, `total` is not. */
export interface OtherTasks extends TaskGroup {
  readonly relation: Relation
  readonly inode: number | null
}

/** Tasks whose next children will be in another namespace than they are: setns(2) and unshare(2) move no task's own. */
export interface ChildNamespace extends TaskGroup {
  readonly kind: 'pid' | 'time'
  readonly relation: Relation
  readonly inode: number | null
}

/** A namespace of the host's that a container's processes keep open, without being in it. */
export interface HeldNamespace extends TaskGroup {
  readonly kind: NamespaceKind
  readonly relation: 'host' | 'kernel'
  readonly inode: number
  /** Where it is mounted in the container's mnt namespace, cut at 4; `tasks` are those that hold it by a file descriptor. */
  readonly mountPoints: readonly string[]
}

/** A socket of the host's net namespace that processes hold which are in another one. */
export interface HeldSocket extends TaskGroup {
  readonly protocol: 'tcp' | 'udp'
  readonly address: string
  readonly port: number
  readonly socketInode: number
}

/** Declared and observed, of one container and kind, with the proof. */
export interface Sharing {
  readonly declared: Declared
  /** Who declared it and where, such as `docker HostConfig.NetworkMode=host`; null when nobody did. */
  readonly declaredBy: string | null
  /** The main task's relation, or `mixed`. */
  readonly observed: Observed
  /** The main task's own relation, which `mixed` hides. */
  readonly main: Relation
  /** The main task's own verdict, which a worse one of another task's hides. */
  readonly mainVerdict: Verdict
  readonly inode: number | null
  readonly hostInode: number | null
  readonly verdict: Verdict
  readonly others: readonly OtherTasks[]
  /** How many reads of one scan, at least 250 ms apart, agree: drift is judged only at 2. */
  readonly sightings: 1 | 2
}

/** What a Linux Security Module knows a task by, /proc/PID/attr/current. */
export interface SecurityLabel {
  /** `none` where no module labels tasks, `unknown` where the label could not be read. */
  readonly module: 'apparmor' | 'selinux' | 'other' | 'none' | 'unknown'
  /** The module's own text, such as `docker-default (enforce)`; empty where there is none. */
  readonly label: string
  /** Whether the module refuses this task anything, as far as its label tells. */
  readonly confines: boolean
}

/** What the container's main task may do, of /proc/PID/status and attr; null where it could not be read. */
export interface Privileges {
  /** As the agent's own user namespace numbers it: of a mapped one, what it is outside. */
  readonly uid: number
  /** CapEff as 16 hex digits, capabilities(7). */
  readonly effectiveCapabilities: string
  readonly seccomp: 'disabled' | 'strict' | 'filter' | 'unknown'
  readonly noNewPrivs: boolean
  readonly lsm: SecurityLabel
}

export type RuntimeName = 'docker' | 'containerd' | 'cri-o' | 'podman' | 'unknown'

export interface Runtime {
  readonly name: RuntimeName
  readonly handler?: string
  readonly socket?: string
  readonly user?: string
  /** It maps the users of containers that ask for nothing else: Docker's `userns` among the daemon's SecurityOptions. */
  readonly remapsUsers?: true
}

export interface Pod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly container: string
  readonly static: boolean
  /** How the identity is known; `claim` is only the author's word (a label). */
  readonly proof: 'cri' | 'cgroup' | 'claim'
  /** From pod-template-hash, controller-revision-hash or the static pod's name; what groups rollouts. */
  readonly workload?: string
}

export interface Container {
  readonly id: string
  readonly name: string
  readonly role: 'sandbox' | 'container' | 'unknown'
  readonly state: 'running' | 'paused' | 'restarting' | 'unknown'
  /** Unix milliseconds, or null where no runtime says. */
  readonly startedAt: number | null
  readonly restarts: number | null
  /** The id of the container this one runs inside of (Docker in Docker). */
  readonly parent?: string
  /** The id of its pod's sandbox, where a runtime says. */
  readonly sandboxId?: string
  /**
   * Why its namespaces are `not-applicable` where they are not the host's: gVisor or Kata runs it, by the runtime's
   * word, and only the sandbox's own process can be seen. Absent where the host's kernel runs it.
   */
  readonly guestKernel?: string
  /** The agent that looked runs in it: its own pid is one of the container's. */
  readonly self?: true
  readonly runtime: Runtime
  /** Who knows it: `docker`, `cri`, `podman`, `cgroups`. */
  readonly sources: readonly string[]
  readonly image: string | null
  readonly pod?: Pod
  /** The uid of its pod, where the kubelet's own cgroup path alone tells of it. */
  readonly podUid?: string
  readonly initPid: number | null
  readonly initStartTime: number | null
  readonly userNs: { readonly inode: number | null; readonly rootMapsTo: number | null }
  readonly privileges: Privileges | null
  readonly sharing: Readonly<Record<NamespaceKind, Sharing>>
  /** Absent where nobody could look. */
  readonly hostIpc?: HostIpc
  /** Where its main task came from, told only where that is in a namespace that nobody declared. */
  readonly origin?: Origin
  /** Its tasks that left its cgroup: their parents are in it, and both looks found them elsewhere. */
  readonly strays?: TaskGroup
  /** Its tasks whose next children will be elsewhere than they are. */
  readonly forChildren?: readonly ChildNamespace[]
  /** Processes of the host's inside its net, pid, ipc or mnt namespace; both looks found them there. */
  readonly visitors?: TaskGroup
  /** Namespaces of the host's that its processes keep open; both looks found them. */
  readonly held?: readonly HeldNamespace[]
  /** Listeners of the host's net namespace that its processes hold, cut at 32; both looks found them. */
  readonly heldSockets?: readonly HeldSocket[]
  /** How many processes and threads it had; volatile, never makes an event. */
  readonly processes: { readonly count: number; readonly threads: number }
}
