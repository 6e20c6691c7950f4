import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { GapReason } from '../../model/gap.ts'
import { INITIAL_INODES, NAMESPACE_KINDS } from '../../model/namespace.ts'
import type { Process, Task } from '../../model/task.ts'
import type { ListenerSource } from '../listener-source.ts'
import type { DetailSource, ReachSource, Rights, TaskId, TaskReport, TaskSource } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { ProcfsDetails } from './details.ts'
import { gapsOf } from './gaps.ts'
import { ProcfsListeners } from './listeners.ts'
import { sharesNetWithInit } from './net-with-init.ts'
import { ProcfsReach } from './reach.ts'
import { createFileReader } from './read-file.ts'
import { readSecurityLabel } from './security-label.ts'
import { parseStat, parseUptime, type Stat } from './stat.ts'
import { parseRootMapping, parseStatus } from './status.ts'
import { TaskReader } from './task-reader.ts'
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
 * Once in so many reports a process's comm is read again, and of a settled one its cgroup and its uts, user, cgroup and
 * time namespaces: it is in no container's cgroup, and its net, ipc and mnt namespaces are as they were. Who is moved into
 * a container's cgroup and nothing else of it is seen that much later.
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
  readonly listeners: ListenerSource
  readonly #root: string
  readonly #readFile = createFileReader()
  readonly #reader: Reader
  readonly #tasks: TaskReader
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
    this.listeners = new ProcfsListeners(this.#reader)
    this.#tasks = new TaskReader(root, this.#readFile)
  }

  read(): TaskReport {
    this.#reports++
    const known = new Map<number, Known>()
    const pids = readdirSync(this.#root).map(Number).filter(Number.isInteger)
    const results = returning(this.#root, () => pids.map((pid) => attempt(() => this.#enter(pid, known))))
    this.#known = known
    const processes = results.flatMap((result) => (result === null || isFailure(result) ? [] : [result]))
    const self = this.#tasks.readNamespaces(`${this.#root}/self/ns/`)
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
        this.#tasks.taskOf(task.pid, task.tid, directory, stat, this.#tasks.readNamespaces(`${directory}/ns/`)),
      ),
    )
    if (isFailure(again) || again === null) return null
    this.#forgetChanged(again)
    return again
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
      return { leader: this.#tasks.bare(pid, pid, stat, ''), oddThreads: [], threads, kernelThread }
    const leader = attempt(() => this.#leaderOf(pid, stat, before))
    if (!isFailure(leader)) return this.#withThreads(leader, threads, kernelThread)
    if (leader.failed !== 'gone') return this.#closed(pid, stat, threads, leader.failed)
    const standIn = threads > 1 ? this.#tasks.readStandIn(pid) : 'gone'
    if (typeof standIn === 'object') return this.#withThreads(standIn, threads, kernelThread)
    return standIn === 'gone' ? null : this.#closed(pid, stat, threads, standIn)
  }

  #isDue(pid: number): boolean {
    return (pid + this.#reports) % ROTATION === 0
  }

  #leaderOf(pid: number, stat: Stat, before: Task | undefined): Task {
    const isSettled = before?.container === null && !this.#isDue(pid)
    return (isSettled ? this.#tasks.readSettled(before) : null) ?? this.#tasks.readLeader(pid, stat, before)
  }

  #withThreads(leader: Task, threads: number, kernelThread: boolean): Process {
    const others = threads > 1 ? this.#tasks.readThreads(leader) : { oddThreads: [] }
    return { leader, ...others, threads, kernelThread }
  }

  #closed(pid: number, stat: Stat, threads: number, closed: GapReason): Process {
    const leader = this.#tasks.bare(pid, pid, stat, this.#readFile('../cgroup'))
    return { leader, oddThreads: [], threads, kernelThread: false, closed }
  }

  /** What a second look finds otherwise is not remembered as it was: the next report reads it whole. */
  #forgetChanged({ pid, tid, namespaces }: Task): void {
    const before = this.#known.get(pid)?.leader
    if (before?.tid !== tid) return
    if (NAMESPACE_KINDS.some((kind) => namespaces[kind] !== before.namespaces[kind])) this.#known.delete(pid)
  }
}
