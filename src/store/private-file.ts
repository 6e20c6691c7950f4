import { closeSync, existsSync, openSync } from 'node:fs'

const OWNER_ONLY = 0o600

/** Makes a file that only its owner can read, unless it is there: SQLite offers no way to choose the mode. */
export function makePrivately(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', OWNER_ONLY))
}
