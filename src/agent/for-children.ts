import type { ChildNamespace, Container } from '../model/container.ts'
import type { Process, Task } from '../model/task.ts'
import type { DetailSource } from '../sources/source.ts'
import type { Draft } from './join.ts'
import type { Relations } from './relations.ts'
import { groupOf } from './task-group.ts'

const KINDS = ['pid', 'time'] as const

/** How many namespaces of one container are listed. */
const LISTED_MAX = 16

/** Adds to containers' tasks where their next children will be, which setns(2) and unshare(2) choose for pid and time. */
export function withForChildren(drafts: readonly Draft[], details: DetailSource): Draft[] {
  return drafts.map((draft) => {
    const processes = draft.processes.map((process) => readProcess(process, details))
    return { ...draft, processes, main: processes[draft.processes.indexOf(draft.main)] ?? draft.main }
  })
}

/** Lists where children of a container's tasks will be, other than the tasks themselves. */
export function forChildrenOf(draft: Draft, { relationOf }: Relations): ChildNamespace[] {
  const tasks = draft.processes.flatMap(({ leader, oddThreads }) => [leader, ...oddThreads])
  return KINDS.flatMap((kind) => {
    const elsewhere = tasks.filter(({ forChildren }) => forChildren?.[kind] !== undefined)
    return [...Map.groupBy(elsewhere, ({ forChildren }) => forChildren?.[kind])].map(([inode, group]) => ({
      kind,
      relation: relationOf(draft, kind, inode),
      inode: inode ?? null,
      ...groupOf(group),
    }))
  }).slice(0, LISTED_MAX)
}

/** Keeps what two looks agree on. */
export function agreedForChildren(
  earlier: Container['forChildren'] = [],
  later: Container['forChildren'] = [],
): ChildNamespace[] {
  return later.filter(({ kind, inode }) => earlier.some((before) => before.kind === kind && before.inode === inode))
}

function readProcess(process: Process, details: DetailSource): Process {
  if (process.closed !== undefined) return process
  const read = (task: Task): Task => {
    const { forChildren: _, ...rest } = task
    const forChildren = details.readForChildren(task)
    return forChildren === null ? rest : { ...rest, forChildren }
  }
  return { ...process, leader: read(process.leader), oddThreads: process.oddThreads.map(read) }
}
