import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UsageError } from './errors.ts'

/**
 * Checks, before the work is done, that a file can be written at a place that a flag names.
 *
 * @throws UsageError naming flag and place when its folder is not there or not ours, or something else is in its place
 */
export async function expectPlace(flag: string, path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch(refuse)
  const there = await stat(path).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : refuse(error),
  )
  if (there !== null && !there.isFile()) refuse(new Error('it is there and no regular file'))

  function refuse(cause: Error): never {
    throw new UsageError(`${flag}: expected a file that we can write, got ${path}: ${cause.message}`, { cause })
  }
}
