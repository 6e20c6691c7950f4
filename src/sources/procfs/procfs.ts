import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { INITIAL_INODES, type NamespaceInodes, type NamespaceKind } from '../../model/namespace.ts'
import type { Process, Task } from '../../model/task.ts'
import { createCgroupParser } from '../cgroups.ts'
import type { DetailSource, ReachSource, Rights, TaskId, TaskReport, TaskSource } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { ProcfsDetails } from './details.ts'
import { gapsOf } from './gaps.ts'
import { listKinds, readNamespaces } from './namespaces.ts'
import { sharesNetWithInit } from './net-with-init.ts'
import { ProcfsReach } from './reach.ts'
import { createFileReader } from './read-file.ts'
import { readSecurityLabel } from './security-label.ts'
import { parseStat, parseUptime, type Stat } from './stat.ts'
import { parseRootMapping, parseStatus } from './status.ts'
import { type Reader, visit } from './visit.ts'
import { returning } from './working-directory.ts'

/**
 * What is remembered of a process while its /proc/PID/task keeps its inode number. Start time, PF_KTHREAD and the pid
 * namespace cannot change; comm and parent can, so a task that is shown is read again.
 */
interface Known {
  readonly taskInode: number
  readonly stat: Stat
  /** As it was read last. setns(2) and unshare(2) move only children to another pid namespace. */
  readonly leader: Task
}

/**
 * Once in so many reports a process's comm is read again, and its cgroup where that named no container and its
 * namespaces are as they were: who is moved into a container's cgroup and nothing else of it is seen that much later.
 */
const ROTATION = 8

/** A directory in procfs has one link for itself, one for its parent and one for each directory in it. */
const OWN_LINKS = 2

const KTHREADD = 2

/**
 * The pure TypeScript tier: reads tasks from procfs, always there.
 *
 * The working directory stands in /proc/PID/ns while that process is read: what is read relative to it belongs to that
 * very process or fails with ESRCH, so a number that is used again cannot mix two processes, and most links are one
 * name away. All of it is synchronous, so no other code of ours runs there; only calls that are under way in the
 * thread pool can meet that directory, so nobody gives them relative paths.
 */
export class Procfs implements TaskSource {
  readonly tier = 'procfs'
  readonly details: DetailSource
  readonly reach: ReachSource
  readonly #root: string
  readonly #kinds: readonly NamespaceKind[]
  readonly #kindsButPid: readonly NamespaceKind[]
  readonly #readFile = createFileReader()
  readonly #reader: Reader
  readonly #parseCgroup = createCgroupParser()
  #known = new Map<number, Known>()
  #reports = 0

  /**
   * @param root where the node's procfs is mounted, `/proc` or `/host/proc`
   * @throws {Error} when there is no procfs, or one of a pid namespace that we are not in
   */
  constructor(root: string) {
    this.#root = resolve(root)
    this.#reader = { root: this.#root, readFile: this.#readFile }
    this.reach = new ProcfsReach(this.#root)
    this.details = new ProcfsDetails(this.#reader)
    this.#kinds = listKinds(root)
    this.#kindsButPid = this.#kinds.filter((kind) => kind !== 'pid')
  }

  read(): TaskReport {
    this.#reports++
    const known = new Map<number, Known>()
    const pids = readdirSync(this.#root).map(Number).filter(Number.isInteger)
    const results = returning(this.#root, () => pids.map((pid) => attempt(() => this.#enter(pid, known))))
    this.#known = known
    const processes = results.flatMap((result) => (result === null || isFailure(result) ? [] : [result]))
    const self = readNamespaces(`${this.#root}/self/ns/`, this.#kinds)
    return {
      uptime: parseUptime(this.#readFile(`${this.#root}/uptime`)),
      processes: this.#withLivingParents(processes, known),
      self,
      selfPid: Number(readlinkSync(`${this.#root}/self`)),
      initialPidNamespace: known.get(KTHREADD)?.stat.kernelThread === true || self.pid === INITIAL_INODES.pid,
      sharesNetWithInit: sharesNetWithInit(this.#root),
      gaps: gapsOf(pids, results),
    }
  }

  reread(task: TaskId): Task | null {
    const again = attempt(() =>
      visit(this.#reader, task, (directory, stat) =>
        this.#taskOf(task.pid, task.tid, directory, stat, readNamespaces(`${directory}/ns/`, this.#kinds)),
      ),
    )
    return isFailure(again) ? null : again
  }

  readProcess(pid: number): Process | null {
    const result = returning(this.#root, () => attempt(() => this.#enter(pid, new Map())))
    return isFailure(result) ? null : result
  }

  readRights(task: TaskId): Rights {
    const rights = attempt(() =>
      visit(this.#reader, task, (directory) => ({
        privileges: {
          ...parseStatus(this.#readFile(`${directory}/status`)),
          lsm: readSecurityLabel(this.#readFile, directory),
        },
        rootMapsTo: parseRootMapping(this.#readFile(`${directory}/uid_map`)),
      })),
    )
    return rights === null || isFailure(rights) ? { privileges: null, rootMapsTo: null } : rights
  }

  /** Reads one process from inside its directory; null for a zombie, which has no namespaces. */
  #enter(pid: number, known: Map<number, Known>): Process | null {
    process.chdir(`${this.#root}/${pid}/ns`)
    const { ino: taskInode, nlink } = statSync('../task')
    const seen = this.#known.get(pid)
    const before = seen?.taskInode === taskInode ? seen : undefined
    const stat = (this.#isDue(pid) ? undefined : before?.stat) ?? parseStat(this.#readFile('../stat'))
    const result = this.#processOf(pid, stat, nlink - OWN_LINKS, before?.leader)
    if (result !== null) known.set(pid, { taskInode, stat, leader: result.leader })
    return result
  }

  /** A process whose parent has ended has another one since: what is remembered of it is read again. */
  #withLivingParents(processes: readonly Process[], known: Map<number, Known>): Process[] {
    return processes.flatMap((process) => {
      const { pid, ppid, startTime } = process.leader
      const parent = known.get(ppid)
      if (ppid === 0 || (parent !== undefined && parent.stat.startTime <= startTime)) return [process]
      known.delete(pid)
      const again = returning(this.#root, () => attempt(() => this.#enter(pid, known)))
      return again === null || isFailure(again) ? [] : [again]
    })
  }

  #processOf(pid: number, stat: Stat, threads: number, before: Task | undefined): Process | null {
    const { kernelThread } = stat
    if (kernelThread && pid !== KTHREADD)
      return { leader: this.#bare(pid, stat, ''), oddThreads: [], threads, kernelThread }
    const leader = attempt(() => this.#leaderOf(pid, stat, before))
    if (!isFailure(leader)) {
      return { leader, oddThreads: threads > 1 ? this.#oddThreads(leader) : [], threads, kernelThread }
    }
    if (leader.failed === 'gone') return threads > 1 ? this.#headless(pid, threads) : null
    const cgroup = this.#readFile('../cgroup')
    return { leader: this.#bare(pid, stat, cgroup), oddThreads: [], threads, kernelThread, closed: leader.failed }
  }

  #isDue(pid: number): boolean {
    return (pid + this.#reports) % ROTATION === 0
  }

  #leaderOf(pid: number, stat: Stat, before: Task | undefined): Task {
    const namespaces = this.#namespacesIn('', before?.namespaces.pid)
    const isSettled = before?.container === null && this.#same(before.namespaces, namespaces)
    if (!isSettled || this.#isDue(pid)) return this.#taskOf(pid, pid, '..', stat, namespaces)
    return { ...before, namespaces }
  }

  /** Where the main thread has ended, it has no namespaces any more: the first one that lives stands in for it. */
  #headless(pid: number, threads: number): Process | null {
    for (const tid of readdirSync('../task')) {
      const leader = attempt(() => this.#readThread(pid, Number(tid)))
      if (!isFailure(leader)) return { leader, oddThreads: this.#oddThreads(leader), threads, kernelThread: false }
    }
    return null
  }

  #oddThreads(leader: Task): Task[] {
    const own = String(leader.tid)
    return readdirSync('../task').flatMap((name) => {
      if (name === own) return []
      // The threads of a process are all in its pid namespace, clone(2).
      const namespaces = attempt(() => this.#namespacesIn(`../task/${name}/ns/`, leader.namespaces.pid))
      if (isFailure(namespaces) || this.#same(namespaces, leader.namespaces)) return []
      const task = attempt(() => this.#readThread(leader.pid, Number(name)))
      return isFailure(task) ? [] : [task]
    })
  }

  #readThread(pid: number, tid: number): Task {
    const directory = `../task/${tid}`
    const stat = parseStat(this.#readFile(`${directory}/stat`))
    return this.#taskOf(pid, tid, directory, stat, readNamespaces(`${directory}/ns/`, this.#kinds))
  }

  #namespacesIn(prefix: string, pidNamespace: number | undefined): NamespaceInodes {
    if (pidNamespace === undefined) return readNamespaces(prefix, this.#kinds)
    return readNamespaces(prefix, this.#kindsButPid, { pid: pidNamespace })
  }

  #taskOf(pid: number, tid: number, directory: string, stat: Stat, namespaces: NamespaceInodes): Task {
    const { comm, ppid, startTime } = stat
    const cgroup = this.#readFile(`${directory}/cgroup`)
    return { pid, tid, startTime, ppid, comm, namespaces, cgroup, container: this.#parseCgroup(cgroup) }
  }

  /** A task whose namespaces are not read, or closed to us. */
  #bare(pid: number, { comm, ppid, startTime }: Stat, cgroup: string): Task {
    return { pid, tid: pid, startTime, ppid, comm, namespaces: {}, cgroup, container: this.#parseCgroup(cgroup) }
  }

  #same(left: NamespaceInodes, right: NamespaceInodes): boolean {
    return this.#kinds.every((kind) => left[kind] === right[kind])
  }
}
