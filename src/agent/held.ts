import { setTimeout as delay } from 'node:timers/promises'
import type { Container, HeldNamespace, HeldSocket } from '../model/container.ts'
import type { Gap } from '../model/gap.ts'
import type { Baseline } from '../model/namespace.ts'
import type { Process, Task } from '../model/task.ts'
import type { DetailSource, OpenNamespace } from '../sources/source.ts'
import { agreedSocketHolders, foreignSockets, groupSocketHolders, listSocketHolders } from './held-sockets.ts'
import { hostTaskOf } from './host-task.ts'
import type { Draft } from './join.ts'
import type { Heard } from './listeners.ts'
import { groupWithOrigins } from './origins.ts'
import { groupOf } from './task-group.ts'

/** A runtime's init may still hold what it was started with. */
const SECOND_LOOK_MS = 250

const MOUNT_POINTS_MAX = 4

/** A process of a container that keeps a namespace of the host's open. */
interface Holder extends OpenNamespace {
  readonly containerId: string
  readonly task: Task
  readonly relation: 'host' | 'kernel'
}

/** What was read of the node before. */
export interface HeldDeps {
  readonly processes: readonly Process[]
  readonly drafts: readonly Draft[]
  readonly baseline: Baseline
  readonly details: DetailSource
  readonly heard: Heard
}

export interface HeldByContainers {
  readonly held: ReadonlyMap<string, readonly HeldNamespace[]>
  readonly sockets: ReadonlyMap<string, readonly HeldSocket[]>
  readonly gaps: readonly Gap[]
}

/** Finds the host's namespaces, and its listeners, that containers' processes hold without being in them; twice, where there are any. */
export async function readHeldTwice(deps: HeldDeps, signal: AbortSignal): Promise<HeldByContainers> {
  const first = readHolders(deps)
  if (first.holders.length + first.sockets.length === 0)
    return { held: new Map(), sockets: new Map(), gaps: first.gaps }
  await delay(SECOND_LOOK_MS, undefined, { signal })
  const before = new Set(first.holders.map(nameOf))
  const { holders, sockets, gaps } = readHolders(deps)
  const both = Map.groupBy(
    holders.filter((holder) => before.has(nameOf(holder))),
    ({ containerId }) => containerId,
  )
  return {
    held: new Map([...both].map(([id, own]) => [id, groupHolders(own, deps.details)])),
    sockets: groupSocketHolders(agreedSocketHolders(first.sockets, sockets), deps.details),
    gaps,
  }
}

/** Adds to each container what its processes keep open. */
export function withHeld(containers: readonly Container[], { held, sockets }: HeldByContainers): Container[] {
  return containers.map((container) => {
    const own = held.get(container.id)
    const heldSockets = sockets.get(container.id)
    return {
      ...container,
      ...(own === undefined ? {} : { held: own }),
      ...(heldSockets === undefined ? {} : { heldSockets }),
    }
  })
}

function readHolders({ processes, drafts, baseline, details, heard }: HeldDeps) {
  const foreign = foreignSockets(heard, baseline)
  const { open, sockets, gaps } = details.readHeld(
    drafts.map(({ id, main, processes: members }) => {
      const others = members.filter((process) => process !== main && process.closed === undefined)
      const tasks = main.closed === undefined ? [main, ...others] : others
      const isIsolated = main.leader.namespaces.net !== baseline.node.net?.inode
      const foreignSockets = new Set(isIsolated ? foreign.keys() : [])
      return { containerId: id, tasks: tasks.map(({ leader }) => leader), foreignSockets }
    }),
    hostTaskOf(processes, baseline),
  )
  const holders = drafts.flatMap(({ id, main, processes: members }) =>
    members.flatMap(({ leader }) =>
      (open.get(leader.pid) ?? []).flatMap((namespace): Holder[] => {
        const relation = relationToHost(namespace, baseline)
        const isIn = [leader, main.leader].some(({ namespaces }) => namespaces[namespace.kind] === namespace.inode)
        return relation === null || isIn ? [] : [{ ...namespace, containerId: id, task: leader, relation }]
      }),
    ),
  )
  return { holders, sockets: listSocketHolders(sockets, foreign, { drafts, baseline }), gaps }
}

function relationToHost({ kind, inode }: OpenNamespace, { node, kernel, nested }: Baseline): 'host' | 'kernel' | null {
  if (inode === node[kind]?.inode) return 'host'
  if (inode !== kernel?.[kind]?.inode) return null
  return nested ? 'kernel' : 'host'
}

function groupHolders(holders: readonly Holder[], details: DetailSource): HeldNamespace[] {
  return [...Map.groupBy(holders, ({ kind, inode }) => `${kind}:${inode}`).values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { kind, inode, relation } = first
    const byFd = new Set(group.flatMap(({ mountPoint, task }) => (mountPoint === null ? [task] : [])))
    const mountPoints = [...new Set(group.flatMap(({ mountPoint }) => mountPoint ?? []))].slice(0, MOUNT_POINTS_MAX)
    return [{ kind, inode, relation, mountPoints, ...groupWithOrigins(groupOf([...byFd]), details) }]
  })
}

function nameOf({ containerId, task, kind, inode, mountPoint }: Holder): string {
  return JSON.stringify([containerId, task.pid, task.startTime, kind, inode, mountPoint])
}
