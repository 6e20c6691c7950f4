import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readBounded } from './read-bounded.ts'

const NAME = 'secret'
/** 32 random bytes in base64url, and the end of the line. */
const LARGEST_BYTES = 256
const SECRET = /^[\w-]{43,128}$/

/** Makes a secret of 256 random bits that fits a header. */
export function newAgentSecret(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * Reads the agent's own secret from its state directory; null where none was made yet.
 *
 * @throws {Error} naming the file when it cannot be read, holds no secret, or others may read it
 */
export async function readAgentSecret(stateDir: string): Promise<string | null> {
  const path = join(stateDir, NAME)
  try {
    await using file = await open(path)
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0) throw new Error('others than its owner may read it: delete it, and reset the agent')
    const secret = (await readBounded(path, LARGEST_BYTES)).trim()
    if (SECRET.test(secret)) return secret
    throw new Error('it holds no secret')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null
    throw new Error(`cannot read the agent's secret in ${path}`, { cause })
  }
}

/**
 * Makes a secret and keeps it in the state directory, which is made if need be, for its owner only. A process that is
 * killed meanwhile leaves a whole secret or none.
 *
 * @throws {Error} naming the file when it cannot be written
 */
export async function makeAgentSecret(stateDir: string): Promise<string> {
  const path = join(stateDir, NAME)
  const secret = newAgentSecret()
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
    await writeDurably(`${path}.new`, `${secret}\n`)
    await rename(`${path}.new`, path)
    await syncFolder(stateDir)
  } catch (cause) {
    throw new Error(`cannot keep the agent's secret in ${path}`, { cause })
  }
  return secret
}

async function writeDurably(path: string, text: string): Promise<void> {
  // What was left there by a process that was killed may be readable by others.
  await rm(path, { force: true })
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(text)
  await file.sync()
}

/** Before it, a loss of power may take away the name of a file that was written. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path)
  await folder.sync()
}
