import type { RuntimeName } from './container.ts'
import type { GapReason } from './gap.ts'
import type { NamespaceInodes } from './namespace.ts'

/** What a cgroup path tells of the container whose task is in it. */
export interface CgroupContainer {
  readonly id: string
  readonly runtime: RuntimeName
  /** Of a `pod<uid>` directory or slice: only the kubelet and root make those. */
  readonly podUid?: string
  /** The id of the container around this one. */
  readonly parent?: string
}

/**
 * One task (thread) as read from procfs. Namespaces belong to threads, so a process whose threads differ has several
 * of these; threads that equal their leader are only counted.
 */
export interface Task {
  /** The thread group id, in the pid namespace of the procfs that was read. */
  readonly pid: number
  /** The thread id; equals pid for the leader. */
  readonly tid: number
  /** Field 22 of /proc/PID/stat, in clock ticks since boot; with pid and boot id the task's identity. */
  readonly startTime: number
  readonly ppid: number
  /** Controlled by the process: escape before showing. */
  readonly comm: string
  readonly namespaces: NamespaceInodes
  /** Where its next children will be, where that is not where it is; read of containers' tasks only. */
  readonly forChildren?: Pick<NamespaceInodes, 'pid' | 'time'>
  /** The text of /proc/PID/cgroup. */
  readonly cgroup: string
  /** The container that the cgroup names; null proves nothing, as a private cgroup namespace shows no names. */
  readonly container: CgroupContainer | null
}

/** A process: its leader, the threads whose namespaces differ from it, and how many threads it has. */
export interface Process {
  readonly leader: Task
  readonly oddThreads: readonly Task[]
  readonly threads: number
  /** A kernel thread (PF_KTHREAD) lives in the initial namespaces and in no container. */
  readonly kernelThread: boolean
  /** Its cgroup names no container, but a process above it is in one: it left that container's cgroup. */
  readonly stray?: true
  /** Why its namespaces could not be read; then the leader's are empty. */
  readonly closed?: GapReason
  /** Why some of its other threads could not be read, where the leader could: they may be anywhere. */
  readonly closedThreads?: GapReason
}
