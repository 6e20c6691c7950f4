import { randomUUID } from 'node:crypto'
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises'

/**
 * Writes a file that only its owner can read, all of it or nothing: whatever fails leaves the old one.
 *
 * @throws {Error} naming the file when it cannot be written, or is there and no regular file
 */
export async function saveFile(path: string, text: string): Promise<void> {
  await replace(path, text).catch((cause: unknown) => {
    throw new Error(`cannot save ${path}`, { cause })
  })
}

async function replace(path: string, text: string): Promise<void> {
  const there = await lstat(path).catch(() => null)
  // To rename a file over /dev/null would take it from everybody.
  if (there !== null && !there.isFile()) throw new Error('it is there and no regular file')
  const draft = `${path}.${randomUUID()}.tmp`
  await using file = await open(draft, 'wx', 0o600)
  await fill(file, text)
    .then(() => rename(draft, path))
    .catch(async (error: unknown) => {
      await rm(draft)
      throw error
    })
}

async function fill(file: FileHandle, text: string): Promise<void> {
  await file.writeFile(text)
  await file.sync()
}
