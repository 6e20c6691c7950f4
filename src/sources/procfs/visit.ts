import type { TaskId } from '../source.ts'
import { parseStat, type Stat } from './stat.ts'
import { returning } from './working-directory.ts'

/** Where and with what a visit reads. */
export interface Reader {
  /** An absolute path. */
  readonly root: string
  readonly readFile: (path: string) => string
}

/**
 * Reads one task from inside its process's directory; null when another one has its number.
 *
 * @param task without a start time, whoever has the number is meant
 * @param read is given the task's directory, relative to the working directory
 * @throws {Error} with the code `ENOENT` or `ESRCH` when it is gone
 */
export function visit<Value>(
  { root, readFile }: Reader,
  task: Pick<TaskId, 'pid' | 'tid'> & Partial<TaskId>,
  read: (directory: string, stat: Stat) => Value,
): Value | null {
  return returning(root, () => {
    process.chdir(`${root}/${task.pid}/ns`)
    const directory = `../task/${task.tid}`
    const stat = parseStat(readFile(`${directory}/stat`))
    return stat.startTime === (task.startTime ?? stat.startTime) ? read(directory, stat) : null
  })
}
