import { closeSync, openSync, readdirSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { INITIAL_INODES, type NamespaceInodes, type NamespaceKind } from '../../model/namespace.ts'
import type { Process, Task } from '../../model/task.ts'
import { createCgroupParser } from '../cgroups.ts'
import type { Rights, TaskReport, TaskSource } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { gapsOf } from './gaps.ts'
import { listKinds, readNamespaces } from './namespaces.ts'
import { createFileReader } from './read-file.ts'
import { parseStat, type Stat } from './stat.ts'
import { parseRootMapping, parseStatus } from './status.ts'

/**
 * What is remembered of a process while its /proc/PID/task keeps its inode number. Start time and PF_KTHREAD cannot
 * change; comm and parent can, so a task that is shown is read again.
 */
interface Known {
  readonly taskInode: number
  readonly stat: Stat
}

type TaskId = Pick<Task, 'pid' | 'tid' | 'startTime'>

/** A directory in procfs has one link for itself, one for its parent and one for each directory in it. */
const OWN_LINKS = 2

const KTHREADD = 2

/** O_PATH of open(2), which Node does not name: it opens also a directory that we may not list. */
const O_PATH = 0o10000000

/**
 * The pure TypeScript tier: reads tasks from procfs, always there.
 *
 * The working directory stands in /proc/PID while that process is read: what is read relative to it belongs to that
 * very process or fails with ESRCH, so a number that is used again cannot mix two processes. All of it is
 * synchronous, so no other code of ours runs there; only calls that are under way in the thread pool can meet that
 * directory, so nobody gives them relative paths.
 */
export class Procfs implements TaskSource {
  readonly tier = 'procfs'
  readonly #root: string
  readonly #kinds: readonly NamespaceKind[]
  readonly #readFile = createFileReader()
  readonly #parseCgroup = createCgroupParser()
  #known = new Map<number, Known>()

  /**
   * @param root where the node's procfs is mounted, `/proc` or `/host/proc`
   * @throws {Error} when there is no procfs, or one of a pid namespace that we are not in
   */
  constructor(root: string) {
    this.#root = resolve(root)
    this.#kinds = listKinds(root)
  }

  read(): TaskReport {
    const known = new Map<number, Known>()
    const pids = readdirSync(this.#root).map(Number).filter(Number.isInteger)
    const results = this.#returning(() => pids.map((pid) => attempt(() => this.#enter(pid, known))))
    this.#known = known
    const self = readNamespaces(`${this.#root}/self/ns`, this.#kinds)
    return {
      processes: results.flatMap((result) => (result === null || isFailure(result) ? [] : [result])),
      self,
      initialPidNamespace: known.get(KTHREADD)?.stat.kernelThread === true || self.pid === INITIAL_INODES.pid,
      sharesNetWithInit: this.#sharesNetWithInit(),
      gaps: gapsOf(pids, results),
    }
  }

  reread(task: TaskId): Task | null {
    const again = attempt(() =>
      this.#visit(task, (directory, stat) => this.#taskOf(task.pid, task.tid, directory, stat)),
    )
    return isFailure(again) ? null : again
  }

  readProcess(pid: number): Process | null {
    const result = this.#returning(() => attempt(() => this.#enter(pid, new Map())))
    return isFailure(result) ? null : result
  }

  readRights(task: TaskId): Rights {
    const rights = attempt(() =>
      this.#visit(task, (directory) => ({
        privileges: parseStatus(this.#readFile(`${directory}/status`)),
        rootMapsTo: parseRootMapping(this.#readFile(`${directory}/uid_map`)),
      })),
    )
    return rights === null || isFailure(rights) ? { privileges: null, rootMapsTo: null } : rights
  }

  /** Runs reads that change the working directory, and comes back to where it was, even if that is deleted by now. */
  #returning<Value>(read: () => Value): Value {
    const before = openSync('.', O_PATH)
    try {
      return read()
    } finally {
      process.chdir(`${this.#root}/self/fd/${before}`)
      closeSync(before)
    }
  }

  /** Reads one task from inside its process's directory; null when another one has its number. */
  #visit<Value>(task: TaskId, read: (directory: string, stat: Stat) => Value): Value | null {
    return this.#returning(() => {
      process.chdir(`${this.#root}/${task.pid}`)
      const directory = `task/${task.tid}`
      const stat = parseStat(this.#readFile(`${directory}/stat`))
      return stat.startTime === task.startTime ? read(directory, stat) : null
    })
  }

  /** Reads one process from inside its directory; null for a zombie, which has no namespaces. */
  #enter(pid: number, known: Map<number, Known>): Process | null {
    process.chdir(`${this.#root}/${pid}`)
    const { ino: taskInode, nlink } = statSync('task')
    const before = this.#known.get(pid)
    const stat = before?.taskInode === taskInode ? before.stat : parseStat(this.#readFile('stat'))
    known.set(pid, { taskInode, stat })
    return this.#processOf(pid, stat, nlink - OWN_LINKS)
  }

  #processOf(pid: number, stat: Stat, threads: number): Process | null {
    const { kernelThread } = stat
    if (kernelThread && pid !== KTHREADD)
      return { leader: this.#bare(pid, stat, ''), oddThreads: [], threads, kernelThread }
    const leader = attempt(() => this.#taskOf(pid, pid, '.', stat))
    if (!isFailure(leader)) {
      return { leader, oddThreads: threads > 1 ? this.#oddThreads(leader) : [], threads, kernelThread }
    }
    if (leader.failed === 'gone') return threads > 1 ? this.#headless(pid, threads) : null
    const cgroup = this.#readFile('cgroup')
    return { leader: this.#bare(pid, stat, cgroup), oddThreads: [], threads, kernelThread, closed: leader.failed }
  }

  /** Where the main thread has ended, it has no namespaces any more: the first one that lives stands in for it. */
  #headless(pid: number, threads: number): Process | null {
    for (const tid of readdirSync('task')) {
      const directory = `task/${tid}`
      const leader = attempt(() => this.#readTask(pid, Number(tid), directory))
      if (!isFailure(leader)) return { leader, oddThreads: this.#oddThreads(leader), threads, kernelThread: false }
    }
    return null
  }

  #oddThreads(leader: Task): Task[] {
    const own = String(leader.tid)
    return readdirSync('task').flatMap((name) => {
      if (name === own) return []
      const directory = `task/${name}`
      const namespaces = attempt(() => readNamespaces(`${directory}/ns`, this.#kinds))
      if (isFailure(namespaces) || this.#same(namespaces, leader.namespaces)) return []
      const task = attempt(() => this.#readTask(leader.pid, Number(name), directory))
      return isFailure(task) ? [] : [task]
    })
  }

  #readTask(pid: number, tid: number, directory: string): Task {
    return this.#taskOf(pid, tid, directory, parseStat(this.#readFile(`${directory}/stat`)))
  }

  #taskOf(pid: number, tid: number, directory: string, { comm, ppid, startTime }: Stat): Task {
    const namespaces = readNamespaces(`${directory}/ns`, this.#kinds)
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

  /** A file of /proc/PID/net has one inode number for each net namespace, and its number needs no right. */
  #sharesNetWithInit(): boolean | null {
    const [own, init] = ['self', '1'].map((pid) => attempt(() => statSync(`${this.#root}/${pid}/net/dev`).ino))
    return isFailure(own) || isFailure(init) ? null : own === init
  }
}
