import { readlinkSync } from 'node:fs'

/**
 * Reads of a task that is in this net namespace before and after, whatever its number was given to meanwhile.
 *
 * @param directory the task's, such as /proc/PID
 * @throws {Error} with the code `ESRCH` when it is in another one
 */
export function inside<Value>(directory: string, inode: number, read: () => Value): Value {
  const expectInside = () => {
    if (readlinkSync(`${directory}/ns/net`) === `net:[${inode}]`) return
    throw Object.assign(new Error(`${directory} is not in net:[${inode}] any more`), { code: 'ESRCH' })
  }
  expectInside()
  const value = read()
  expectInside()
  return value
}
