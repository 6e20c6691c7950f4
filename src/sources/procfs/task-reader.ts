import { readdirSync } from 'node:fs'
import type { GapReason } from '../../model/gap.ts'
import type { NamespaceInodes, NamespaceKind } from '../../model/namespace.ts'
import type { Process, Task } from '../../model/task.ts'
import { createCgroupParser } from '../cgroups.ts'
import { attempt, isFailure } from './attempt.ts'
import { listKinds, readNamespaces } from './namespaces.ts'
import { parseStat, type Stat } from './stat.ts'

/**
 * What is read anew of a settled process at every look: who enters a container, or leaves the host, is in another one of
 * these. Its pid namespace cannot change.
 */
const TELLING_KINDS = ['net', 'ipc', 'mnt'] as const satisfies readonly NamespaceKind[]

/** Reads single tasks; what it reads of a process, it reads from the working directory /proc/PID/ns. */
export class TaskReader {
  readonly #readFile: (path: string) => string
  readonly #kinds: readonly NamespaceKind[]
  readonly #kindsButPid: readonly NamespaceKind[]
  readonly #parseCgroup = createCgroupParser()

  /**
   * @param root where the node's procfs is mounted
   * @throws {Error} with the code `ENOENT` when there is none
   */
  constructor(root: string, readFile: (path: string) => string) {
    this.#readFile = readFile
    this.#kinds = listKinds(root)
    this.#kindsButPid = this.#kinds.filter((kind) => kind !== 'pid')
  }

  /** @param prefix see `readNamespaces` */
  readNamespaces(prefix: string): NamespaceInodes {
    return readNamespaces(prefix, this.#kinds)
  }

  /** Reads a process's main thread; its pid namespace is as it was `before`. */
  readLeader(pid: number, stat: Stat, before: Task | undefined): Task {
    return this.taskOf(pid, pid, '..', stat, this.#namespacesBut('', before?.namespaces.pid))
  }

  /** Reads of a settled main thread what tells most; null where that is not what it was. */
  readSettled(before: Task): Task | null {
    const { net, ipc, mnt } = readNamespaces('', TELLING_KINDS)
    const was = before.namespaces
    return net === was.net && ipc === was.ipc && mnt === was.mnt ? before : null
  }

  /** Reads the other threads: those that differ, and why some could not be read, as where one has another user's rights. */
  readThreads(leader: Task): Pick<Process, 'oddThreads' | 'closedThreads'> {
    const own = String(leader.tid)
    const others = readdirSync('../task').filter((name) => name !== own)
    const read = others.flatMap((name) => attempt(() => this.#readOdd(leader, name)) ?? [])
    const closedThreads = read.filter(isFailure).find(({ failed }) => failed !== 'gone')?.failed
    return {
      oddThreads: read.flatMap((task) => (isFailure(task) ? [] : [task])),
      ...(closedThreads && { closedThreads }),
    }
  }

  /** Where the main thread has ended, it has no namespaces any more: the first one that lives stands in for it. */
  readStandIn(pid: number): Task | GapReason {
    let reason: GapReason = 'gone'
    for (const tid of readdirSync('../task')) {
      const task = attempt(() => this.#readThread(pid, tid))
      if (!isFailure(task)) return task
      if (task.failed !== 'gone') reason = task.failed
    }
    return reason
  }

  /** @param directory the task's own, which has its cgroup */
  taskOf(pid: number, tid: number, directory: string, stat: Stat, namespaces: NamespaceInodes): Task {
    return this.bare(pid, tid, stat, this.#readFile(`${directory}/cgroup`), namespaces)
  }

  /** A task whose namespaces are not read, or closed to us, but for those that are given. */
  bare(pid: number, tid: number, stat: Stat, cgroup: string, namespaces: NamespaceInodes = {}): Task {
    const { comm, ppid, startTime } = stat
    return { pid, tid, startTime, ppid, comm, namespaces, cgroup, container: this.#parseCgroup(cgroup) }
  }

  /** Null for a thread that is where its main thread is. */
  #readOdd(leader: Task, name: string): Task | null {
    // The threads of a process are all in its pid namespace, clone(2).
    const namespaces = this.#namespacesBut(`../task/${name}/ns/`, leader.namespaces.pid)
    const isOdd = this.#kinds.some((kind) => namespaces[kind] !== leader.namespaces[kind])
    return isOdd ? this.#readThread(leader.pid, name) : null
  }

  #readThread(pid: number, tid: string): Task {
    const directory = `../task/${tid}`
    const stat = parseStat(this.#readFile(`${directory}/stat`))
    return this.taskOf(pid, Number(tid), directory, stat, this.readNamespaces(`${directory}/ns/`))
  }

  #namespacesBut(prefix: string, pidNamespace: number | undefined): NamespaceInodes {
    if (pidNamespace === undefined) return this.readNamespaces(prefix)
    return readNamespaces(prefix, this.#kindsButPid, { pid: pidNamespace })
  }
}
