import type { Gap } from '../model/gap.ts'
import { INITIAL_INODES } from '../model/namespace.ts'
import type { Process, Task } from '../model/task.ts'
import type { Rights } from '../sources/source.ts'
import type { Row } from './join.ts'

/** The rows that count, and what was refused. */
export interface Believed {
  readonly rows: readonly Row[]
  readonly gaps: readonly Gap[]
}

/**
 * Refuses what a user's own runtime says of tasks that are not that user's: such a socket answers what its owner
 * likes, and would else give another one's container a name, a declaration or a pod. Every task that the row speaks of
 * must be the user's: the init that it names, and whatever sits in the cgroup of that id. Root's runtimes speak for all,
 * and of a container that they know nobody else does.
 */
export function believe(
  rows: readonly Row[],
  processes: readonly Process[],
  rightsOf: (task: Task) => Rights,
): Believed {
  const claims = rows.filter(({ runtime }) => runtime.user !== undefined)
  if (claims.length === 0) return { rows, gaps: [] }
  const known = new Set(rows.flatMap(({ id, runtime }) => (runtime.user === undefined ? [id] : [])))
  const tasks = processes.map(({ leader }) => leader)
  const isOf = ownership(tasks, rightsOf)
  const members = Map.groupBy(tasks, ({ container }) => container?.id)
  const byPid = new Map(tasks.map((task) => [task.pid, task]))
  const refused = new Set(
    claims.filter(({ id, initPid, runtime }) => {
      const init = initPid === null ? undefined : byPid.get(initPid)
      const subjects = [...(members.get(id) ?? []), ...(init === undefined ? [] : [init])]
      return known.has(id) || !isOf(runtime.user ?? '', subjects)
    }),
  )
  return { rows: rows.filter((row) => !refused.has(row)), gaps: gapsOf([...refused]) }
}

/**
 * Gives the test whether tasks are a user's: each user namespace among them is none of the host's, and its root, or
 * the oldest of these tasks in it, is that user outside. Nobody but root can make such a namespace for another's uid.
 */
function ownership(tasks: readonly Task[], rightsOf: (task: Task) => Rights) {
  const init = tasks.find(({ pid }) => pid === 1)
  const hosts: readonly number[] = [INITIAL_INODES.user, init?.namespaces.user ?? INITIAL_INODES.user]
  return (user: string, subjects: readonly Task[]): boolean => {
    const oldestFirst = subjects.toSorted((a, b) => a.startTime - b.startTime)
    const byNamespace = Map.groupBy(oldestFirst, ({ namespaces }) => namespaces.user)
    return [...byNamespace].every(([inode, [oldest]]) => {
      if (oldest === undefined || (inode !== undefined && hosts.includes(inode))) return false
      const { rootMapsTo, privileges } = rightsOf(oldest)
      // A task whose user namespace is closed to us may be in the host's, where root runs programs as anybody.
      return rootMapsTo === Number(user) || (inode !== undefined && privileges?.uid === Number(user))
    })
  }
}

/** One gap a socket: a user could claim any number of containers. It clouds nothing, since nothing was taken from it. */
function gapsOf(refused: readonly Row[]): Gap[] {
  const bySocket = Map.groupBy(refused, ({ runtime }) => runtime.socket ?? '')
  return [...bySocket].flatMap(([socket, [first]]) => {
    if (first === undefined) return []
    const detail = `user ${first.runtime.user}'s runtime speaks of containers that are not that user's, ${first.id} first`
    return [{ source: first.source, subject: `${socket} claims`, reason: 'denied', affects: [], detail }]
  })
}
