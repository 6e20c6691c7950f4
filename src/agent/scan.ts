import type { Container } from '../model/container.ts'
import type { Gap } from '../model/gap.ts'
import type { Baseline } from '../model/namespace.ts'
import { SNAPSHOT_VERSION, type Snapshot } from '../model/snapshot.ts'
import type { NatSource, NodeSource, Rights, TaskReport, TaskSource } from '../sources/source.ts'
import { proveBaseline } from './baseline.ts'
import { judgeContainers } from './containers.ts'
import { withForChildren } from './for-children.ts'
import { closedGaps, interfaceGaps, unplacedGaps } from './gaps.ts'
import { withHostIpc } from './host-ipc.ts'
import type { Draft } from './join.ts'
import { ownListeners, readListeners } from './listeners.ts'
import { withOrigins } from './origins.ts'
import { withPathInodes } from './paths.ts'
import { readPorts } from './ports/read-ports.ts'
import { type ReachContext, readReach } from './reach.ts'
import { readNat } from './read-nat.ts'
import { type NodeRead, type ReadDeps, readSettled } from './read-node.ts'
import { compareLooks, isOdd, lookAgain } from './sightings.ts'
import { readSurroundings, type SurroundingsDeps } from './surroundings.ts'

export interface ScanDeps extends ReadDeps {
  readonly node: NodeSource
  readonly nat: NatSource
  /** The operator's word that pid 1 is a nested node's init. */
  readonly nestedNode: boolean
  readonly policyHash: string | null
  /** Unix milliseconds. */
  readonly now: () => number
}

/**
 * Reads the node once and joins what it read: tasks, then what runtimes say of them, then a second look at what is
 * odd. A runtime that fails is a gap; only without tasks or node facts there is no scan.
 *
 * @throws {Error} when procfs cannot be read, or the signal fires
 */
export async function runScan(deps: ScanDeps, signal: AbortSignal): Promise<Snapshot> {
  const takenAt = deps.now()
  const [{ report, runtimes, processes, drafts }, host] = await Promise.all([
    readSettled(deps, signal),
    deps.node.read(signal),
  ])
  const { baseline, gaps: baselineGaps } = proveFor({ ...report, processes }, drafts, deps.nestedNode)
  const heard = readListeners({ report, processes, drafts, baseline }, deps.tasks.listeners)
  const [judged, nat] = await Promise.all([
    judgeAll({ processes, drafts, baseline, heard, tasks: deps.tasks }, signal),
    readNat(deps.nat, { report, baseline, drafts }, signal),
  ])
  const outside = interfaceGaps(report, baseline)
  const interfaces = outside.length > 0 ? [] : host.node.interfaces
  const context = { report, processes, drafts, baseline, heard, interfaces }
  const within = readWithin(judged.containers, context, deps.tasks)
  const containers = markSelf(judged.containers, drafts, report.selfPid)
  const gaps = [
    ...baselineGaps,
    ...readingGaps({ report, runtimes, processes, drafts }),
    ...host.gaps,
    ...judged.gaps,
    ...outside,
    ...within.gaps,
    ...nat.gaps,
  ]
  const joined = readPorts({ ...context, ...within, nat, containers, gaps, details: deps.tasks.details })
  return {
    version: SNAPSHOT_VERSION,
    takenAt,
    durationMs: deps.now() - takenAt,
    node: { ...host.node, reader: deps.tasks.tier, interfaces },
    baseline,
    policyHash: deps.policyHash,
    gaps: [...gaps, ...joined.gaps],
    containers,
    reach: within.reach,
    namespaces: judged.namespaces,
    listeners: within.listeners,
    ports: joined.ports,
  }
}

function readingGaps({ report, runtimes, processes, drafts }: NodeRead): Gap[] {
  return [
    ...report.gaps,
    ...runtimes.gaps,
    ...unplacedGaps(runtimes.rows, processes, drafts),
    ...closedGaps(processes, drafts),
  ]
}

function proveFor(report: TaskReport, drafts: readonly Draft[], nestedNode: boolean) {
  return proveBaseline(report, {
    nestedNode,
    runtimeSeen: drafts.some((draft) => isProvenInit(draft, report.self.pid)),
    isContainerTask: ({ leader }) => leader.container !== null,
  })
}

/** Judges containers and looks at what is around them: one wait between two looks serves both. */
async function judgeAll(deps: SurroundingsDeps, signal: AbortSignal) {
  const { processes, baseline, tasks } = deps
  const { drafts, gaps: unread } = withPathInodes(deps.drafts, { processes, baseline, details: tasks.details })
  const [judged, { around }] = await Promise.all([
    judgeTwice(withForChildren(drafts, tasks.details), baseline, tasks, signal),
    readSurroundings(deps, signal),
  ])
  const { containers, namespaces, gaps } = around(judged.containers)
  const mounts = withHostIpc(containers, { drafts, processes, baseline, details: tasks.details })
  return { containers: mounts.containers, namespaces, gaps: [...unread, ...judged.gaps, ...gaps, ...mounts.gaps] }
}

/** What listens, with its owners, and what of it and beside it sharing puts within reach. */
function readWithin(containers: readonly Container[], context: ReachContext, tasks: TaskSource) {
  const { heard } = context
  const { reach, gaps } = readReach(containers, context, tasks.reach)
  const owned = ownListeners(heard.sockets, containers)
  return { reach, listeners: owned.listeners, gaps: [...gaps, ...heard.gaps, ...owned.gaps] }
}

/** Our own container is one as any other: it is marked, so that a policy can speak of it, and never left out. */
function markSelf(containers: readonly Container[], drafts: readonly Draft[], selfPid: number): Container[] {
  const own = drafts.find(({ processes }) => processes.some(({ leader }) => leader.pid === selfPid))
  return containers.map((container) => (container.id === own?.id ? { ...container, self: true } : container))
}

/**
 * A runtime's init pid, in that container's cgroup, in a pid namespace below this one: numbers of another pid namespace
 * could meet a process of our own container by chance, which is in ours.
 */
function isProvenInit({ rows, main }: Draft, ownPidNamespace: number | undefined): boolean {
  const { pid, container, namespaces } = main.leader
  if (namespaces.pid === undefined || namespaces.pid === ownPidNamespace) return false
  return rows.some(({ id, initPid, runtime }) => initPid === pid && container?.id === id && runtime.user === undefined)
}

async function judgeTwice(
  drafts: readonly Draft[],
  baseline: Baseline,
  tasks: TaskSource,
  signal: AbortSignal,
): Promise<{ readonly containers: readonly Container[]; readonly gaps: readonly Gap[] }> {
  const rightsOf = ({ main }: Draft): Rights => tasks.readRights(main.leader)
  // An odd task's parents may end before the second look.
  const first = withOrigins(judgeContainers(drafts, baseline, rightsOf), tasks.details)
  const odd = new Set(first.filter(isOdd).map(({ id }) => id))
  if (odd.size === 0) return { containers: first, gaps: [] }
  const again = await lookAgain(
    drafts.filter(({ id }) => odd.has(id)),
    tasks,
    signal,
  )
  const rereadById = new Map(again.map((draft) => [draft.id, draft]))
  const kept = drafts.flatMap((draft) => (odd.has(draft.id) ? (rereadById.get(draft.id) ?? []) : [draft]))
  return compareLooks(
    first.filter(({ id }) => odd.has(id)),
    withOrigins(judgeContainers(kept, baseline, rightsOf), tasks.details),
  )
}
