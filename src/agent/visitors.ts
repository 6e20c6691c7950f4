import type { Container } from '../model/container.ts'
import type { AttributedKind } from '../model/unattributed.ts'
import type { DetailSource } from '../sources/source.ts'
import { groupWithOrigins } from './origins.ts'
import type { Stranger } from './strangers.ts'
import { groupOf } from './task-group.ts'

/** What is most a container's own tells best whose guest somebody is: a pod's containers share net and ipc. */
const BY_OWNERSHIP = ['mnt', 'pid', 'net', 'ipc'] as const satisfies readonly AttributedKind[]

/** Gives containers their visitors, and the strangers that are in no container's namespace. */
export function withVisitors(
  containers: readonly Container[],
  strangers: readonly Stranger[],
  details: DetailSource,
): { readonly containers: Container[]; readonly others: readonly Stranger[] } {
  const owners = ownersOf(containers)
  const hosts = Map.groupBy(strangers, ({ task, kinds }) => {
    const kind = BY_OWNERSHIP.find((own) => kinds.includes(own) && owners.has(`${own}:${task.namespaces[own]}`))
    return kind === undefined ? undefined : owners.get(`${kind}:${task.namespaces[kind]}`)
  })
  return {
    containers: containers.map((container) => {
      const visitors = hosts.get(container.id)
      if (visitors === undefined) return container
      return { ...container, visitors: groupWithOrigins(groupOf(visitors.map(({ task }) => task)), details) }
    }),
    others: hosts.get(undefined) ?? [],
  }
}

/** Whose each namespace is: its own first, then whoever else's main task is in it. */
function ownersOf(containers: readonly Container[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  for (const isOwn of [true, false]) {
    for (const { id, sharing } of containers) {
      for (const kind of BY_OWNERSHIP) {
        const { inode, main } = sharing[kind]
        const key = `${kind}:${inode}`
        if (inode !== null && (main === 'own') === isOwn && !owners.has(key)) owners.set(key, id)
      }
    }
  }
  return owners
}
