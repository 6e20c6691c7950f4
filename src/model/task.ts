import type { NamespaceInodes } from './namespace.ts'

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
  /** `/proc/PID/exe`, where it could be read; controlled by the process. */
  readonly exe?: string
  readonly namespaces: NamespaceInodes
  /** `pid_for_children` and `time_for_children`, only where they differ from pid and time. */
  readonly forChildren?: NamespaceInodes
  /** The text of /proc/PID/cgroup. */
  readonly cgroup: string
}

/** A process: its leader, the threads whose namespaces differ from it, and how many threads it has. */
export interface Process {
  readonly leader: Task
  readonly oddThreads: readonly Task[]
  readonly threads: number
  /** A kernel thread (PF_KTHREAD) lives in the initial namespaces and in no container. */
  readonly kernelThread: boolean
}
