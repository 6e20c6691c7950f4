import type { CommandNews } from './command-store.ts'

/** Where collectors of one database tell each other what happens to commands. */
export const COMMAND_CHANNEL = 'nsentinel_commands'

/**
 * Parses what a collector told of a command; null of what a later version tells.
 *
 * @throws when it is not JSON
 */
export function parseCommandNews(payload: string): CommandNews | null {
  const { kind, id, node }: { kind?: unknown; id?: unknown; node?: unknown } = Object(JSON.parse(payload))
  if (typeof id !== 'string' || typeof node !== 'string') return null
  return kind === 'posted' || kind === 'taken' || kind === 'answered' ? { kind, id, node } : null
}
