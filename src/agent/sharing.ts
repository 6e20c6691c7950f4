import type { OtherTasks, Relation, Sharing } from '../model/container.ts'
import type { Baseline, NamespaceKind } from '../model/namespace.ts'
import type { Task } from '../model/task.ts'
import { verdictOf, worstOf } from '../model/verdict.ts'
import type { Draft } from './join.ts'
import { declarationOf, isSandbox, type Relations } from './relations.ts'
import { groupOf } from './task-group.ts'

/** How many foreign namespaces of one container and kind are listed, those that weigh most first. */
const OTHERS_MAX = 16

/** Judges one kind of one container: its main task, and every task that sits elsewhere. */
export function sharingOf(draft: Draft, kind: NamespaceKind, relations: Relations, baseline: Baseline): Sharing {
  const { declared, by, inode: path } = declarationOf(draft, kind)
  const inode = draft.main.leader.namespaces[kind]
  const main = relations.relationOf(draft, kind, inode)
  const others = othersOf(draft, kind, inode, relations)
  const judge = (place: { readonly relation: Relation; readonly inode: number | null }) =>
    verdictOf(declared, place.relation, {
      // Without a sandbox's process, what the pod's containers have is the pod's.
      isSandbox: isSandbox(draft) || (declared === 'pod' && !relations.hasSandbox(draft)),
      samePod: relations.samePod(draft, place.relation),
      isTarget: relations.isTarget(draft, kind, place.inode),
      targetIsHost: relations.targetIsHost(draft, kind),
      isUnreadPath: declared.startsWith('path:') && path === undefined,
    })
  const mainVerdict = judge({ relation: main, inode: inode ?? null })
  // A task in a private sub-namespace of its own (browsers, build tools) changes no verdict.
  const otherVerdicts = others.filter(({ relation }) => relation !== 'own').map(judge)
  return {
    declared,
    declaredBy: by,
    observed: others.length > 0 ? 'mixed' : main,
    main,
    mainVerdict,
    inode: inode ?? null,
    hostInode: baseline.node[kind]?.inode ?? null,
    verdict: worstOf([mainVerdict, ...otherVerdicts]),
    others: others.slice(0, OTHERS_MAX),
    sightings: 1,
  }
}

/** Lists every task of a draft that was read on its own: leaders, and threads that differ from theirs. */
function tasksOf({ processes }: Pick<Draft, 'processes'>): Task[] {
  return processes.flatMap(({ leader, oddThreads }) => [leader, ...oddThreads])
}

function othersOf(
  draft: Draft,
  kind: NamespaceKind,
  mainInode: number | undefined,
  relations: Relations,
): OtherTasks[] {
  if (mainInode === undefined) return []
  const elsewhere = tasksOf(draft).filter(({ namespaces }) => (namespaces[kind] ?? mainInode) !== mainInode)
  const groups = [...Map.groupBy(elsewhere, ({ namespaces }) => namespaces[kind])].map(([inode, tasks]) => ({
    relation: relations.relationOf(draft, kind, inode),
    inode: inode ?? null,
    ...groupOf(tasks),
  }))
  // Between a guest kernel's own processes nothing is shared or kept apart that a container would see.
  const told = groups.filter(({ relation }) => relation !== 'not-applicable')
  return told.toSorted((a, b) => weight(b.relation) - weight(a.relation))
}

function weight(relation: Relation): number {
  if (relation === 'kernel') return 3
  if (relation === 'host') return 2
  return relation === 'own' ? 0 : 1
}
