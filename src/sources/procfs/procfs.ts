import { readdirSync, statSync } from 'node:fs'
import type { Privileges } from '../../model/container.ts'
import type { Gap } from '../../model/gap.ts'
import { INITIAL_INODES, type NamespaceInodes, type NamespaceKind } from '../../model/namespace.ts'
import type { Process, Task } from '../../model/task.ts'
import { createCgroupParser } from '../cgroups.ts'
import type { TaskReport, TaskSource } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { listKinds, readNamespaces } from './namespaces.ts'
import { createFileReader } from './read-file.ts'
import { parseStat, type Stat } from './stat.ts'
import { parseRootMapping, parseStatus } from './status.ts'

/** What of a process cannot change while its /proc/PID/task keeps its inode number. */
interface Known {
  readonly taskInode: number
  readonly stat: Stat
}

/** A directory in procfs has one link for itself, one for its parent and one for each directory in it. */
const OWN_LINKS = 2

const KTHREADD = 2

/**
 * The pure TypeScript tier: reads tasks from procfs, always there.
 *
 * The working directory stands in /proc/PID while that process is read: what is read relative to it belongs to that
 * very process or fails with ESRCH, so a number that is used again cannot mix two processes. All of it is
 * synchronous, so nobody else sees that directory.
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
    this.#root = root
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
      gaps: hiddenGaps(pids.includes(1) && !results.some((result) => isFailure(result) && result.failed === 'denied')),
    }
  }

  reread(task: Pick<Task, 'pid' | 'tid' | 'startTime'>): Task | null {
    const directory = `task/${task.tid}`
    const again = this.#returning(() =>
      attempt(() => {
        process.chdir(`${this.#root}/${task.pid}`)
        return this.#taskOf(task.pid, task.tid, directory, parseStat(this.#readFile(`${directory}/stat`)))
      }),
    )
    return isFailure(again) || again.startTime !== task.startTime ? null : again
  }

  readProcess(pid: number): Process | null {
    const result = this.#returning(() => attempt(() => this.#enter(pid, new Map())))
    return isFailure(result) ? null : result
  }

  readPrivileges(pid: number): Privileges | null {
    const result = attempt(() => parseStatus(this.#readFile(`${this.#root}/${pid}/status`)))
    return isFailure(result) ? null : result
  }

  readRootMapping(pid: number): number | null {
    const result = attempt(() => parseRootMapping(this.#readFile(`${this.#root}/${pid}/uid_map`)))
    return isFailure(result) ? null : result
  }

  /** Runs reads that change the working directory, and comes back to where it was. */
  #returning<Value>(read: () => Value): Value {
    const before = attempt(() => process.cwd())
    const result = read()
    process.chdir(isFailure(before) ? '/' : before)
    return result
  }

  /** Reads one process from inside its directory; null for a zombie, which has no namespaces. */
  #enter(pid: number, known: Map<number, Known>): Process | null {
    process.chdir(`${this.#root}/${pid}`)
    const { ino: taskInode, nlink } = statSync('task')
    const before = this.#known.get(pid)
    const stat = before?.taskInode === taskInode ? before.stat : parseStat(this.#readFile('stat'))
    if (stat.state === 'Z' || stat.state === 'X') return null
    known.set(pid, { taskInode, stat })
    return this.#processOf(pid, stat, nlink - OWN_LINKS)
  }

  #processOf(pid: number, stat: Stat, threads: number): Process {
    const { kernelThread } = stat
    if (kernelThread && pid !== KTHREADD)
      return { leader: this.#bare(pid, stat, ''), oddThreads: [], threads, kernelThread }
    const leader = attempt(() => this.#taskOf(pid, pid, '.', stat))
    if (isFailure(leader)) {
      if (leader.failed === 'gone') throw Object.assign(new Error(`pid ${pid} ended`), { code: 'ESRCH' })
      const cgroup = this.#readFile('cgroup')
      return { leader: this.#bare(pid, stat, cgroup), oddThreads: [], threads, kernelThread, closed: leader.failed }
    }
    const oddThreads = threads > 1 ? this.#oddThreads(leader) : []
    return { leader, oddThreads, threads, kernelThread }
  }

  #oddThreads(leader: Task): Task[] {
    const own = String(leader.pid)
    return readdirSync('task').flatMap((name) => {
      if (name === own) return []
      const directory = `task/${name}`
      const namespaces = attempt(() => readNamespaces(`${directory}/ns`, this.#kinds))
      if (isFailure(namespaces) || this.#same(namespaces, leader.namespaces)) return []
      const task = attempt(() =>
        this.#taskOf(leader.pid, Number(name), directory, parseStat(this.#readFile(`${directory}/stat`))),
      )
      return isFailure(task) ? [] : [task]
    })
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
}

/** A /proc mounted with hidepid=, proc(5), hides or closes other users' processes and does not say so. */
function hiddenGaps(complete: boolean): Gap[] {
  if (complete) return []
  const detail = 'processes of others are hidden: /proc is mounted with hidepid'
  return [{ source: 'procfs', subject: 'processes', reason: 'denied', affects: '*', detail }]
}
