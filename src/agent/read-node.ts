import { setTimeout as delay } from 'node:timers/promises'
import type { Gap } from '../model/gap.ts'
import type { Process } from '../model/task.ts'
import type { RuntimeSource, TaskReport, TaskSource } from '../sources/source.ts'
import { type Draft, draftOf, joinContainers, type Row } from './join.ts'
import { believe } from './trust.ts'

export interface ReadDeps {
  readonly tasks: TaskSource
  readonly runtimes: readonly RuntimeSource[]
}

/** What tasks and runtimes told, joined. */
export interface NodeRead {
  readonly report: TaskReport
  readonly runtimes: RuntimeRows
  readonly processes: readonly Process[]
  readonly drafts: readonly Draft[]
}

/** Younger than this, in clock ticks, a container may still be its runtime's own init: all rights, no name yet. */
const STARTING_TICKS = 50

const SETTLE_MS = 250

/**
 * Reads tasks, then what runtimes say of them, and joins both. While a container is starting it is read once more:
 * its runtime may not list it yet, and its first task may not have laid down its rights.
 */
export async function readSettled(deps: ReadDeps, signal: AbortSignal): Promise<NodeRead> {
  const first = await readNode(deps, signal)
  const starting = ({ main }: Draft) => first.report.uptime - main.leader.startTime < STARTING_TICKS
  if (!first.drafts.some(starting)) return first
  await delay(SETTLE_MS, undefined, { signal })
  return readNode(deps, signal)
}

async function readNode({ tasks, runtimes: sources }: ReadDeps, signal: AbortSignal): Promise<NodeRead> {
  const report = tasks.read()
  const told = await readRuntimes(sources, signal)
  const processes = withLateInits(report.processes, told.rows, tasks)
  const { rows, gaps } = believe(told.rows, processes, (task) => tasks.readRights(task))
  const runtimes = { rows, gaps: [...told.gaps, ...gaps] }
  const drafts = joinContainers(processes, runtimes.rows).flatMap((draft) => stillThere(draft, tasks) ?? [])
  return { report, runtimes, processes, drafts }
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
