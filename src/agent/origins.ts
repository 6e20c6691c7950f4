import type { Container, OtherTasks, TaskGroup, TaskReference } from '../model/container.ts'
import { NAMESPACE_KINDS, type NamespaceKind } from '../model/namespace.ts'
import type { DetailSource } from '../sources/source.ts'

/** Adds where odd tasks came from: of those in another's namespace or outside of their cgroup, and of a main task in one that nobody declared. */
export function withOrigins(containers: readonly Container[], details: DetailSource): Container[] {
  return containers.map((container) => withOrigin(container, details))
}

/** Names where each of these tasks came from. */
export function groupWithOrigins<Group extends TaskGroup>(group: Group, details: DetailSource): Group {
  return { ...group, tasks: group.tasks.map((task) => referenceWithOrigin(task, details)) }
}

function withOrigin(container: Container, details: DetailSource): Container {
  const { initPid, initStartTime, strays, forChildren } = container
  const sharing = { ...container.sharing }
  for (const kind of NAMESPACE_KINDS) {
    const { others } = sharing[kind]
    if (others.length > 0) sharing[kind] = { ...sharing[kind], others: others.map((group) => ofOthers(group, details)) }
  }
  const isAstray = NAMESPACE_KINDS.some((kind: NamespaceKind) => sharing[kind].mainVerdict === 'undeclared-sharing')
  const origin =
    isAstray && initPid !== null && initStartTime !== null
      ? details.readOrigin({ pid: initPid, tid: initPid, startTime: initStartTime })
      : null
  return {
    ...container,
    sharing,
    ...(origin === null ? {} : { origin }),
    ...(strays === undefined ? {} : { strays: groupWithOrigins(strays, details) }),
    ...(forChildren === undefined ? {} : { forChildren: forChildren.map((group) => ofOthers(group, details)) }),
  }
}

/** A sub-namespace of its own is what browsers and build tools make: nobody asks who started those. */
function ofOthers<Group extends OtherTasks>(group: Group, details: DetailSource): Group {
  return group.relation === 'own' ? group : groupWithOrigins(group, details)
}

function referenceWithOrigin(task: TaskReference, details: DetailSource): TaskReference {
  const origin = details.readOrigin(task)
  return origin === null ? task : { ...task, origin }
}
