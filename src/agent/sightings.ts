import { setTimeout as delay } from 'node:timers/promises'
import type { Container, Relation, Sharing } from '../model/container.ts'
import type { Gap } from '../model/gap.ts'
import { NAMESPACE_KINDS, type NamespaceInodes, type NamespaceKind } from '../model/namespace.ts'
import type { Process, Task } from '../model/task.ts'
import type { TaskSource } from '../sources/source.ts'
import { agreedForChildren, withForChildren } from './for-children.ts'
import type { Draft } from './join.ts'

/** A container between its clone(2) and its unshare(2) looks like drift; this is longer than that takes. */
const SECOND_LOOK_MS = 250

/** The kinds that runtimes make anew for a container, unless somebody asks for the host's. */
const KINDS_OF_ONES_OWN = ['net', 'pid', 'ipc', 'mnt', 'uts', 'cgroup'] as const satisfies readonly NamespaceKind[]

/** Tells whether one look is not enough: something is not as declared, or the host's or another container's although nobody declared it. */
export function isOdd({ sharing, strays, forChildren = [] }: Container): boolean {
  if (strays !== undefined || forChildren.some(({ relation }) => relation !== 'own')) return true
  const drifts = NAMESPACE_KINDS.some((kind) => {
    const { verdict, others } = sharing[kind]
    return others.length > 0 || verdict === 'undeclared-sharing' || verdict === 'ineffective-declaration'
  })
  return (
    drifts || KINDS_OF_ONES_OWN.some((kind) => sharing[kind].declared === 'unknown' && isAnothers(sharing[kind].main))
  )
}

/** An inode that was read of a container that ended can be another's by now. */
function isAnothers(main: Relation): boolean {
  return main === 'host' || main.startsWith('container:')
}

/**
 * Reads the odd tasks of these drafts a second time. A task that ended or moved meanwhile is left out, and so is a
 * container whose main task ended.
 */
export async function lookAgain(drafts: readonly Draft[], tasks: TaskSource, signal: AbortSignal): Promise<Draft[]> {
  await delay(SECOND_LOOK_MS, undefined, { signal })
  const again = drafts.flatMap((draft) => rereadDraft(draft, tasks) ?? [])
  return withForChildren(again, tasks.details)
}

/** Marks the kinds on which both looks agree; containers that were changing or ending are named as gaps: the next scan judges them. */
export function compareLooks(
  first: readonly Container[],
  second: readonly Container[],
): { readonly containers: Container[]; readonly gaps: Gap[] } {
  const before = new Map(first.map((container) => [container.id, container]))
  const kept = new Set(second.map(({ id }) => id))
  const gaps = first.flatMap(({ id }) => (kept.has(id) ? [] : [unsettled(id, 'ended')]))
  const containers = second.map((container) => {
    const earlier = before.get(container.id)
    if (earlier === undefined) return container
    const sharing = { ...container.sharing }
    const settled = NAMESPACE_KINDS.filter((kind) => agree(earlier.sharing[kind], sharing[kind]))
    for (const kind of settled) sharing[kind] = { ...sharing[kind], sightings: 2 }
    if (settled.length < NAMESPACE_KINDS.length) gaps.push(unsettled(container.id, 'changed namespaces'))
    const { forChildren: later, ...rest } = container
    const forChildren = agreedForChildren(earlier.forChildren, later)
    return { ...rest, sharing, ...(forChildren.length === 0 ? {} : { forChildren }) }
  })
  return { containers, gaps }
}

function rereadDraft(draft: Draft, tasks: TaskSource): Draft | null {
  const first = draft.main.leader
  const leader = tasks.reread(first)
  if (leader === null) return null
  const main = { ...draft.main, leader, oddThreads: confirmed(draft.main.oddThreads, tasks) }
  const processes = draft.processes.flatMap((process) =>
    process === draft.main ? [main] : (rereadProcess(process, first.namespaces, tasks) ?? []),
  )
  return { ...draft, main, processes }
}

/** Reads again only what differs from the container's main task, or left its cgroup. */
function rereadProcess(process: Process, mainNamespaces: NamespaceInodes, tasks: TaskSource): Process | null {
  if (process.closed !== undefined) return process
  const oddThreads = confirmed(process.oddThreads, tasks)
  const isPlain = process.stray === undefined && sameNamespaces(process.leader.namespaces, mainNamespaces)
  if (isPlain) return { ...process, oddThreads }
  const [leader] = confirmed([process.leader], tasks)
  if (leader === undefined) return null
  const { stray, ...inside } = process
  const hasLeft = stray !== undefined && leader.container === null
  return { ...inside, leader, oddThreads, ...(hasLeft ? { stray } : {}) }
}

function confirmed(odd: readonly Task[], tasks: TaskSource): Task[] {
  return odd.flatMap((task) => {
    const again = tasks.reread(task)
    return again !== null && sameNamespaces(again.namespaces, task.namespaces) ? [again] : []
  })
}

function sameNamespaces(left: NamespaceInodes, right: NamespaceInodes): boolean {
  return NAMESPACE_KINDS.every((kind: NamespaceKind) => left[kind] === right[kind])
}

function agree(left: Sharing, right: Sharing): boolean {
  return left.main === right.main && left.inode === right.inode
}

function unsettled(id: string, happened: string): Gap {
  const detail = `its main task ${happened} between two reads; the next scan judges what is there then`
  return { source: 'procfs', subject: `container ${id}`, reason: 'gone', affects: [id], detail }
}
