import { readlinkSync } from 'node:fs'
import type { NamespaceInodes } from '../../model/namespace.ts'
import type { TaskId } from '../source.ts'
import { attempt, isFailure } from './attempt.ts'
import { parseLink } from './namespaces.ts'
import { type Reader, visit } from './visit.ts'

/**
 * Reads the namespaces that a task's next children will be in, where those are not its own, namespaces(7). There is
 * none to read between unshare(2) and the first child.
 *
 * @returns null where they are its own, or the task is gone
 */
export function readForChildren(
  reader: Reader,
  task: TaskId & { readonly namespaces: NamespaceInodes },
): Pick<NamespaceInodes, 'pid' | 'time'> | null {
  const { pid, time } = task.namespaces
  const found = attempt(() =>
    visit(reader, task, (directory) => ({
      ...differing('pid', `${directory}/ns/pid_for_children`, pid),
      ...differing('time', `${directory}/ns/time_for_children`, time),
    })),
  )
  return found === null || isFailure(found) || Object.keys(found).length === 0 ? null : found
}

function differing(kind: 'pid' | 'time', path: string, own: number | undefined): Pick<NamespaceInodes, 'pid' | 'time'> {
  const inode = attempt(() => parseLink(kind, readlinkSync(path)))
  return isFailure(inode) || inode === own || own === undefined ? {} : { [kind]: inode }
}
