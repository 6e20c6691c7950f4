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
 * Proves what "the host" is, each kind on its own (DESIGN.md section 2). It fails closed: outside the kernel's
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
  const constants: NamespaceInodes = self.time === undefined ? withoutTime(INITIAL_INODES) : INITIAL_INODES
  return { ...entries(constants, 'constant'), ...entries(kthreadd?.leader.namespaces ?? {}, 'kthreadd') }
}

/** Pid 1 itself, else the kernel's own namespaces, else what the most host tasks that we may read share. */
function nodeEntries({ processes }: TaskReport, kernel: Entries, options: BaselineOptions): Entries {
  const init = processes.find(({ leader }) => leader.pid === INIT)
  const hostTasks = processes.filter((process) => !process.kernelThread && !options.isContainerTask(process))
  return {
    ...majority(hostTasks),
    ...kernel,
    ...entries(init?.leader.namespaces ?? {}, 'pid1'),
  }
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

function withoutTime({ time: _, ...others }: Required<NamespaceInodes> | typeof INITIAL_INODES): NamespaceInodes {
  return others
}

function gapOf(missing: readonly NamespaceKind[], trusted: boolean): Gap {
  const detail = trusted
    ? `no readable task proves the host's ${missing.join(', ')} namespace`
    : "this is not the kernel's initial pid namespace and nothing proves that its pid 1 is a node (see --nested-node)"
  return { source: 'baseline', subject: missing.join(', '), reason: 'denied', affects: missing, detail }
}
