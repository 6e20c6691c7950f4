import type { Row } from '../../src/agent/join.ts'
import type { Declared } from '../../src/model/container.ts'
import type { NamespaceInodes, NamespaceKind } from '../../src/model/namespace.ts'
import type { Process, Task } from '../../src/model/task.ts'
import type { ListenerReport } from '../../src/sources/listener-source.ts'
import type { DetailSource, ReachSource, TaskReport, TaskSource } from '../../src/sources/source.ts'
import { HOST_INODES, privileges } from './builders.ts'

/** An id of 64 hex digits that begins with these. */
export function idOf(start: string): string {
  return start.padEnd(64, '0')
}

export interface GivenTask extends Partial<Omit<Task, 'namespaces'>> {
  /** The id of the Docker container whose cgroup it is in. */
  readonly id?: string
  /** Where it is elsewhere than the host. */
  readonly namespaces?: NamespaceInodes
}

/** A task of the host's, or of a container where an id is given. It started in the order of its number. */
export function task({ id, namespaces, ...given }: GivenTask = {}): Task {
  const pid = given.pid ?? 4711
  return {
    pid,
    tid: pid,
    startTime: pid,
    ppid: 1,
    comm: 'sleep',
    cgroup: id === undefined ? '0::/system.slice\n' : `0::/docker/${id}\n`,
    container: id === undefined ? null : { id, runtime: 'docker' },
    ...given,
    namespaces: { ...HOST_INODES, ...namespaces },
  }
}

/** A process of one thread. */
export function running(given: GivenTask = {}, more: Partial<Omit<Process, 'leader'>> = {}): Process {
  return { leader: task(given), oddThreads: [], threads: 1, kernelThread: false, ...more }
}

/** A process whose namespaces are closed to us. */
export function closed(given: GivenTask = {}): Process {
  return { ...running(), leader: { ...task(given), namespaces: {} }, closed: 'denied' }
}

export interface GivenRow extends Partial<Omit<Row, 'declared'>> {
  readonly declared?: Partial<Record<NamespaceKind, Declared>>
}

/** What Docker tells of a container: everything private but user and time, unless said otherwise. */
export function row({ declared = {}, ...given }: GivenRow = {}): Row {
  const as = (kind: NamespaceKind, otherwise: Declared) => ({ declared: declared[kind] ?? otherwise, by: 'a test' })
  return {
    id: idOf('c0ffee'),
    name: 'web',
    role: 'container',
    state: 'running',
    startedAt: null,
    restarts: 0,
    runtime: { name: 'docker' },
    image: 'busybox',
    initPid: 4711,
    ports: [],
    source: 'docker',
    ...given,
    declared: {
      net: as('net', 'private'),
      pid: as('pid', 'private'),
      ipc: as('ipc', 'private'),
      mnt: as('mnt', 'private'),
      uts: as('uts', 'private'),
      user: as('user', 'host'),
      cgroup: as('cgroup', 'private'),
      time: as('time', 'host'),
    },
  }
}

/** What a look of root's at the whole machine gives. */
export function taskReport(given: Partial<TaskReport> = {}): TaskReport {
  return {
    uptime: 1_000_000,
    processes: [],
    self: HOST_INODES,
    selfPid: 1000,
    initialPidNamespace: true,
    sharesNetWithInit: true,
    gaps: [],
    ...given,
  }
}

const NONE = { items: [], total: 0 }

const NOTHING_WITHIN_REACH: ReachSource = {
  readNet: () => ({ reach: { abstractSockets: NONE }, gaps: [] }),
  readIpc: () => ({
    reach: { sharedMemory: NONE, semaphores: NONE, messageQueues: NONE, posixQueues: NONE },
    gaps: [],
  }),
}

/** Tasks that stand still, but for what is said otherwise: `again` is what a second look at all of them finds. */
export function fakeTasks(
  processes: readonly Process[],
  { again = processes, late = [], details = {}, reach = {}, listeners = {}, ...given }: FakeTasks = {},
): TaskSource {
  return {
    tier: 'procfs',
    details: {
      readOrigin: () => null,
      readForChildren: () => null,
      readForwarder: () => null,
      readHeld: () => ({ open: new Map(), sockets: new Map(), gaps: [] }),
      readPins: () => [],
      readMounted: () => 'missing',
      readHostIpc: () => null,
      ...details,
    },
    reach: { ...NOTHING_WITHIN_REACH, ...reach },
    listeners: { read: () => ({ sockets: [], unread: [], gaps: [], ...listeners }) },
    read: () => taskReport({ processes, ...given }),
    reread: ({ pid, tid, startTime }) =>
      again
        .flatMap(({ leader, oddThreads }) => [leader, ...oddThreads])
        .find((found) => found.pid === pid && found.tid === tid && found.startTime === startTime) ?? null,
    readProcess: (pid) => late.find(({ leader }) => leader.pid === pid) ?? null,
    readRights: () => ({ privileges: privileges(), rootMapsTo: 0 }),
  }
}

export interface FakeTasks extends Partial<Omit<TaskReport, 'processes'>> {
  readonly again?: readonly Process[]
  /** Processes that started after the first look. */
  readonly late?: readonly Process[]
  /** What is told of odd tasks; nothing, but for what is given. */
  readonly details?: Partial<DetailSource>
  /** What the host's namespaces hold; nothing, but for what is given. */
  readonly reach?: Partial<ReachSource>
  /** What listens; nothing, but for what is given. */
  readonly listeners?: Partial<ListenerReport>
}
