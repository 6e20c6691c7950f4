import type { Container } from '../model/container.ts'
import type { Gap } from '../model/gap.ts'
import type { Baseline } from '../model/namespace.ts'
import { SNAPSHOT_VERSION, type Snapshot } from '../model/snapshot.ts'
import type { Process } from '../model/task.ts'
import type { NodeSource, Rights, RuntimeSource, TaskSource } from '../sources/source.ts'
import { proveBaseline } from './baseline.ts'
import { judgeContainers } from './containers.ts'
import { closedGaps, interfaceGaps, PORTS_GAP, unplacedGaps } from './gaps.ts'
import { type Draft, draftOf, joinContainers, type Row } from './join.ts'
import { declaredPorts } from './ports.ts'
import { compareLooks, isOdd, lookAgain } from './sightings.ts'

export interface ScanDeps {
  readonly tasks: TaskSource
  readonly runtimes: readonly RuntimeSource[]
  readonly node: NodeSource
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
  const report = deps.tasks.read()
  const [runtimes, host] = await Promise.all([readRuntimes(deps.runtimes, signal), deps.node.read(signal)])
  const processes = withLateInits(report.processes, runtimes.rows, deps.tasks)
  const drafts = joinContainers(processes, runtimes.rows).flatMap((draft) => stillThere(draft, deps.tasks) ?? [])
  const { baseline, gaps: baselineGaps } = proveBaseline(
    { ...report, processes },
    {
      nestedNode: deps.nestedNode,
      runtimeSeen: drafts.some((draft) => isProvenInit(draft, report.self.pid)),
      isContainerTask: ({ leader }) => leader.container !== null,
    },
  )
  const judged = await judgeTwice(drafts, baseline, deps.tasks, signal)
  const outside = interfaceGaps(report, baseline)
  return {
    version: SNAPSHOT_VERSION,
    takenAt,
    durationMs: deps.now() - takenAt,
    node: { ...host.node, reader: deps.tasks.tier, ...(outside.length > 0 ? { interfaces: [] } : {}) },
    baseline,
    policyHash: deps.policyHash,
    gaps: [
      ...baselineGaps,
      ...report.gaps,
      ...runtimes.gaps,
      ...unplacedGaps(runtimes.rows, processes, drafts),
      ...host.gaps,
      ...closedGaps(processes, drafts),
      ...judged.gaps,
      ...outside,
      PORTS_GAP,
    ],
    containers: markSelf(judged.containers, drafts, report.selfPid),
    listeners: [],
    ports: declaredPorts(drafts),
  }
}

/** Our own container is one as any other: it is marked, so that a policy can speak of it, and never left out. */
function markSelf(containers: readonly Container[], drafts: readonly Draft[], selfPid: number): Container[] {
  const own = drafts.find(({ processes }) => processes.some(({ leader }) => leader.pid === selfPid))
  return containers.map((container) => (container.id === own?.id ? { ...container, self: true } : container))
}

interface RuntimeRows {
  readonly rows: readonly Row[]
  readonly gaps: readonly Gap[]
}

async function readRuntimes(sources: readonly RuntimeSource[], signal: AbortSignal): Promise<RuntimeRows> {
  const reports = await Promise.all(sources.map((source) => readRuntime(source, signal)))
  return { rows: reports.flatMap(({ rows }) => rows), gaps: reports.flatMap(({ gaps }) => gaps) }
}

/** Runs one source: whatever it throws is its gap and nobody else's, but for the end of the scan itself. */
async function readRuntime(source: RuntimeSource, signal: AbortSignal): Promise<RuntimeRows> {
  try {
    const { containers, gaps } = await source.list(signal)
    return { rows: containers.map((container) => ({ ...container, source: source.name })), gaps }
  } catch (error) {
    signal.throwIfAborted()
    const detail = error instanceof Error ? error.message : String(error)
    return { rows: [], gaps: [{ source: source.name, subject: 'list', reason: 'malformed', affects: '*', detail }] }
  }
}

/** Adds the init processes of containers that started after the tasks were read. */
function withLateInits(processes: readonly Process[], rows: readonly Row[], tasks: TaskSource): Process[] {
  const seen = new Set(processes.map(({ leader }) => leader.pid))
  const late = new Set(rows.flatMap(({ initPid }) => (initPid === null || seen.has(initPid) ? [] : [initPid])))
  return [...processes, ...[...late].flatMap((pid) => tasks.readProcess(pid) ?? [])]
}

/** A container that no runtime told of may have ended, or its oldest process may, before the runtimes were asked. */
function stillThere(draft: Draft, tasks: TaskSource): Draft | null {
  const isThere = ({ closed, leader }: Process) => closed !== undefined || tasks.reread(leader) !== null
  if (draft.rows.length > 0 || isThere(draft.main)) return draft
  return draftOf(draft.id, [], draft.processes.filter(isThere))
}

/**
 * A runtime's init pid, in that container's cgroup, in a pid namespace below this one: numbers of another pid namespace
 * could meet a process of our own container by chance, which is in ours.
 */
function isProvenInit({ rows, main }: Draft, ownPidNamespace: number | undefined): boolean {
  const { pid, container, namespaces } = main.leader
  if (namespaces.pid === undefined || namespaces.pid === ownPidNamespace) return false
  return rows.some(({ id, initPid }) => initPid === pid && container?.id === id)
}

async function judgeTwice(
  drafts: readonly Draft[],
  baseline: Baseline,
  tasks: TaskSource,
  signal: AbortSignal,
): Promise<{ readonly containers: readonly Container[]; readonly gaps: readonly Gap[] }> {
  const rightsOf = ({ main }: Draft): Rights => tasks.readRights(main.leader)
  const first = judgeContainers(drafts, baseline, rightsOf)
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
    judgeContainers(kept, baseline, rightsOf),
  )
}
