import type { Container } from '../model/container.ts'
import type { Gap } from '../model/gap.ts'
import type { Baseline } from '../model/namespace.ts'
import type { Task } from '../model/task.ts'
import { ATTRIBUTED_KINDS, type AttributedKind, type UnattributedNamespace } from '../model/unattributed.ts'
import type { DetailSource, Pin } from '../sources/source.ts'
import { groupWithOrigins } from './origins.ts'
import type { Stranger } from './strangers.ts'
import { groupOf } from './task-group.ts'

/** How many namespaces are listed, the pinned ones first. */
const LISTED_MAX = 256

export interface UnattributedDeps {
  readonly containers: readonly Container[]
  readonly baseline: Baseline
  readonly details: DetailSource
}

/**
 * Lists the namespaces that are neither the host's nor a container's: those that the node's mounts keep alive, and
 * those of processes, each of which counts for one. A mnt namespace alone, in a systemd unit's cgroup, is what systemd
 * makes for most services, systemd.exec(5), and is left out.
 */
export function listUnattributed(
  strangers: readonly Stranger[],
  pins: readonly Pin[],
  { containers, baseline, details }: UnattributedDeps,
): { readonly namespaces: UnattributedNamespace[]; readonly gaps: Gap[] } {
  const named = new Map(pins.toReversed().map(({ inode, path }) => [inode, path]))
  const notable = strangers.filter(({ task, kinds }) => kinds.join() !== 'mnt' || !isInService(task))
  const populated = [...Map.groupBy(notable, keyOf).values()].map((group) =>
    ofProcesses(group, baseline, named, details),
  )
  const known = new Set([
    ...notable.map(({ task }) => task.namespaces.net),
    ...containers.map(({ sharing }) => sharing.net.inode),
    ...containers.flatMap(({ sharing }) => sharing.net.others.map(({ inode }) => inode)),
    baseline.node.net?.inode,
    baseline.kernel?.net?.inode,
  ])
  // Whose namespaces we may not read, those may be.
  const closed = containers.filter(({ sharing }) => ATTRIBUTED_KINDS.some((kind) => sharing[kind].inode === null))
  if (closed.length > 0) return { namespaces: [], gaps: [closedGap(closed.length)] }
  const empty = [...named].flatMap(([inode, pin]) => (known.has(inode) ? [] : [ofPin(inode, pin)]))
  const all = [...empty, ...populated].toSorted((a, b) => Number(b.pin !== null) - Number(a.pin !== null))
  return { namespaces: all.slice(0, LISTED_MAX), gaps: all.length > LISTED_MAX ? [cutGap(all.length)] : [] }
}

function keyOf({ task, kinds: [kind = 'mnt'] }: Stranger): string {
  return `${kind}:${task.namespaces[kind]}`
}

function ofProcesses(
  group: readonly Stranger[],
  { node }: Baseline,
  pins: ReadonlyMap<number, string>,
  details: DetailSource,
): UnattributedNamespace {
  const [oldest] = group.toSorted((a, b) => a.task.startTime - b.task.startTime || a.task.pid - b.task.pid)
  const kinds: readonly AttributedKind[] = oldest?.kinds ?? ATTRIBUTED_KINDS
  const [kind = 'mnt', ...also] = kinds
  const { user } = oldest?.task.namespaces ?? {}
  const inode = oldest?.task.namespaces[kind] ?? 0
  const { tasks } = groupWithOrigins(groupOf(oldest === undefined ? [] : [oldest.task]), details)
  return {
    kind,
    inode,
    pin: (kind === 'net' ? pins.get(inode) : undefined) ?? null,
    process: tasks[0] ?? null,
    also,
    unprivileged: user !== undefined && user !== node.user?.inode,
  }
}

function ofPin(inode: number, pin: string): UnattributedNamespace {
  return { kind: 'net', inode, pin, process: null, also: [], unprivileged: false }
}

const SERVICE = /\.service(?:\/|$)/m

function isInService({ cgroup }: Task): boolean {
  return SERVICE.test(cgroup)
}

function closedGap(containers: number): Gap {
  const detail = `they may be those of ${containers} container(s) that are closed to us`
  return { source: 'procfs', subject: 'unattributed namespaces', reason: 'denied', affects: [], detail }
}

function cutGap(total: number): Gap {
  const detail = `${total} namespaces are nobody's; ${LISTED_MAX} are listed`
  return { source: 'procfs', subject: 'unattributed namespaces', reason: 'too-large', affects: [], detail }
}
