import { SHORTEST_TOKEN } from '../collector/auth/token-authority.ts'
import { UsageError } from './errors.ts'
import { readBounded } from './read-bounded.ts'

const LARGEST_FILE_BYTES = 64 << 10
/** What a header can hold without a word lost. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/

/** Where a secret may come from: a file over a variable, never a flag. */
export interface SecretSource {
  readonly flag: string
  readonly file: string | undefined
  readonly variable: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Reads secrets, one a line; empty where neither file nor variable is given.
 *
 * @throws UsageError when the file cannot be read or holds none, or one is too short or can stand in no header; no secret is in its message
 */
export async function readSecrets({ flag, file, variable, env }: SecretSource): Promise<string[]> {
  const secrets = file === undefined ? linesOf(env[variable] ?? '') : await readLines(flag, file)
  const place = file === undefined ? variable : flag
  if (secrets.some(({ length }) => length < SHORTEST_TOKEN)) {
    throw new UsageError(`${place}: expected tokens of at least ${SHORTEST_TOKEN} random characters, got a shorter one`)
  }
  if (secrets.every((secret) => VISIBLE_ASCII.test(secret))) return secrets
  throw new UsageError(`${place}: expected tokens of visible ASCII characters, got one with another character`)
}

async function readLines(flag: string, file: string): Promise<string[]> {
  const text = await readBounded(file, LARGEST_FILE_BYTES).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`${flag}: expected a file that holds a token, got ${file}: ${reason}`, { cause })
  })
  const secrets = linesOf(text)
  if (secrets.length === 0)
    throw new UsageError(`${flag}: expected a file that holds a token, got ${file}: it is empty`)
  return secrets
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
