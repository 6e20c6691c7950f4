import type { Gap } from '../model/gap.ts'
import {
  type Baseline,
  type BaselineEntry,
  INITIAL_INODES,
  MISSION_KINDS,
  NAMESPACE_KINDS,
  type NamespaceInodes,
  type NamespaceKind,
} from '../model/namespace.ts'
import type { Process } from '../model/task.ts'
import type { TaskReport } from '../sources/source.ts'

export interface BaselineOptions {
  /** The operator's word that pid 1 is a nested node's init (`--nested-node`). */
  readonly nestedNode: boolean
  /** A runtime's init pid was found here inside that container's cgroup, which only the node's own procfs can show. */
  readonly runtimeSeen: boolean
  readonly isContainerTask: (process: Process) => boolean
}

const INIT = 1
const KTHREADD = 2

/**
 * Proves what "the host" is, each kind on its own (docs/architecture.md). It fails closed: outside the kernel's
 * initial pid namespace, pid 1 is our own container's unless something proves that it is a nested node's.
 */
export function proveBaseline(report: TaskReport, options: BaselineOptions): { baseline: Baseline; gaps: Gap[] } {
  const initial = report.initialPidNamespace
  const kernel = kernelEntries(report)
  const trusted = initial || options.nestedNode || options.runtimeSeen
  const node = trusted ? nodeEntries(report, initial ? kernel : {}, options) : {}
  const missing = MISSION_KINDS.filter((kind) => node[kind] === undefined)
  return {
    baseline: { node, kernel, nested: !initial },
    gaps: missing.length === 0 ? [] : [gapOf(missing, trusted)],
  }
}

type Entries = Readonly<Partial<Record<NamespaceKind, BaselineEntry>>>

/** kthreadd lives in the initial namespaces; where it is closed to us or hidden, most kinds have constants. */
function kernelEntries({ processes, self }: TaskReport): Entries {
  const kthreadd = processes.find(({ leader, kernelThread }) => kernelThread && leader.pid === KTHREADD)
  return { ...entries(constantsOf(self), 'constant'), ...entries(kthreadd?.leader.namespaces ?? {}, 'kthreadd') }
}

/** The constants of those kinds that this kernel has, as our own links show. */
function constantsOf(self: NamespaceInodes): NamespaceInodes {
  const all: NamespaceInodes = INITIAL_INODES
  const constants: Partial<Record<NamespaceKind, number>> = {}
  for (const kind of NAMESPACE_KINDS) {
    const inode = all[kind]
    if (inode !== undefined && self[kind] !== undefined) constants[kind] = inode
  }
  return constants
}

/** Pid 1 itself, else the kernel's own namespaces, else what the most host tasks that we may read share. */
function nodeEntries(report: TaskReport, kernel: Entries, options: BaselineOptions): Entries {
  const { processes, self, sharesNetWithInit } = report
  const init = processes.find(({ leader }) => leader.pid === INIT)
  const hostTasks = processes.filter((process) => !process.kernelThread && !options.isContainerTask(process))
  const ours = sharesNetWithInit === true && self.net !== undefined ? { net: self.net } : {}
  return {
    ...believable(majority(hostTasks), report),
    ...kernel,
    ...entries({ ...ours, ...init?.leader.namespaces }, 'pid1'),
  }
}

/** Without rights the tasks that we may read are our own, and all of them may be in a net namespace beside the host's. */
function believable(majority: Entries, { self, sharesNetWithInit }: TaskReport): Entries {
  const { net, ...others } = majority
  return sharesNetWithInit === false && net?.inode === self.net ? others : majority
}

function entries(inodes: NamespaceInodes, by: BaselineEntry['by']): Entries {
  const result: Partial<Record<NamespaceKind, BaselineEntry>> = {}
  for (const kind of NAMESPACE_KINDS) {
    const inode = inodes[kind]
    if (inode !== undefined) result[kind] = { inode, by }
  }
  return result
}

/** Gives the inode of each kind that more than half of these tasks share. */
function majority(processes: readonly Process[]): Entries {
  const inodes: Partial<Record<NamespaceKind, number>> = {}
  for (const kind of NAMESPACE_KINDS) {
    const inode = mostCommon(processes.flatMap(({ leader }) => leader.namespaces[kind] ?? []))
    if (inode !== null) inodes[kind] = inode
  }
  return entries(inodes, 'majority')
}

function mostCommon(inodes: readonly number[]): number | null {
  const counts = new Map<number, number>()
  for (const inode of inodes) counts.set(inode, (counts.get(inode) ?? 0) + 1)
  for (const [inode, count] of counts) if (count * 2 > inodes.length) return inode
  return null
}

function gapOf(missing: readonly NamespaceKind[], trusted: boolean): Gap {
  const detail = trusted
    ? `no readable task proves the host's ${missing.join(', ')} namespace`
    : "this is not the kernel's initial pid namespace and nothing proves that its pid 1 is a node (see --nested-node)"
  return { source: 'baseline', subject: missing.join(', '), reason: 'denied', affects: missing, detail }
}
