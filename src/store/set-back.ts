import type { WriteContext } from './writer.ts'

/** Collectors of one database write at the same time: so much ahead is nobody. */
const AHEAD_MS = 60_000

/**
 * Nobody was seen in the future: where the database's clock was set back, the silence of those who seem to have been
 * begins now. Otherwise a node that is gone would never be silent until the clock is there again.
 */
export async function followSetBack({ trx, now }: WriteContext): Promise<void> {
  await trx
    .updateTable('nodes')
    .set({ last_seen_at: now })
    .where('last_seen_at', '>', now + AHEAD_MS)
    .execute()
}
