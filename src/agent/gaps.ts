import type { Gap } from '../model/gap.ts'
import type { Baseline } from '../model/namespace.ts'
import type { Process } from '../model/task.ts'
import type { TaskReport } from '../sources/source.ts'
import type { Draft, Row } from './join.ts'

/** Names the processes and threads whose namespaces are closed to us: each container's on its own, the host's together. */
export function closedGaps(processes: readonly Process[], drafts: readonly Draft[]): Gap[] {
  const inContainers = new Set(drafts.flatMap((draft) => draft.processes.map(({ leader }) => leader.pid)))
  const onHost = processes.find(({ closed, leader }) => closed !== undefined && !inContainers.has(leader.pid))
  const containers = drafts.flatMap(({ id, processes: members }): Gap[] => {
    const subject = `container ${id}`
    const reason = members.find(({ closed }) => closed !== undefined)?.closed
    if (reason !== undefined) return [{ source: 'procfs', subject, reason, affects: [id] }]
    const ofThreads = members.find(({ closedThreads }) => closedThreads !== undefined)?.closedThreads
    if (ofThreads === undefined) return []
    const detail = 'threads whose rights are others than those of their main thread are closed to us'
    return [{ source: 'procfs', subject, reason: ofThreads, affects: [id], detail }]
  })
  if (onHost?.closed === undefined) return containers
  const detail = `namespaces closed to us, pid ${onHost.leader.pid} first; no container's verdict needs them`
  return [...containers, { source: 'procfs', subject: 'host processes', reason: onHost.closed, affects: [], detail }]
}

/**
 * Names what runtimes tell of and processes do not show: containers whose init process is here in a cgroup without a
 * name, and runtimes none of whose running containers is here, which are another machine's and cloud nothing.
 */
export function unplacedGaps(rows: readonly Row[], processes: readonly Process[], drafts: readonly Draft[]): Gap[] {
  const placed = new Set(drafts.map(({ id }) => id))
  const pids = new Set(processes.map(({ leader }) => leader.pid))
  const isHere = ({ initPid }: Row) => initPid !== null && pids.has(initPid)
  const nameless = rows.filter((row) => isHere(row) && !placed.has(row.id)).map(namelessGap)
  const running = rows.filter(({ state, initPid }) => state === 'running' && initPid !== null)
  const elsewhere = [...Map.groupBy(running, ({ source }) => source)].flatMap(([source, own]) =>
    own.some((row) => placed.has(row.id) || isHere(row)) ? [] : [elsewhereGap(source)],
  )
  return [...nameless, ...elsewhere]
}

function namelessGap({ id, source }: Row): Gap {
  const detail = 'its init process is in a cgroup that names no container, so its processes cannot be told'
  return { source, subject: `container ${id}`, reason: 'unsupported', affects: [id], detail }
}

function elsewhereGap(source: string): Gap {
  const detail = 'it tells of running containers, and no init process of theirs is on this node'
  return { source, subject: 'containers', reason: 'missing', affects: [], detail }
}

/** A scan from outside the host's net namespace sees its own interfaces, which are not the node's. */
export function interfaceGaps({ self }: TaskReport, { node }: Baseline): Gap[] {
  if (self.net === node.net?.inode) return []
  const detail = "the agent is not in the host's net namespace"
  return [{ source: 'host', subject: 'interfaces', reason: 'unsupported', affects: [], detail }]
}
