import type { Kysely } from 'kysely'
import type { Holder } from '../model/role.ts'
import type { Clock } from './clock.ts'
import type { Tables } from './tables.ts'

/** How exactly the last use is kept: every request would otherwise be a write. */
const COARSE_MS = 60_000

/** Tells whose token it is that has this SHA-256, and counts as its use; null when it is nobody's, expired or revoked. */
export async function findToken(db: Kysely<Tables>, clock: Clock, tokenHash: Uint8Array): Promise<Holder | null> {
  const row = await db
    .selectFrom('api_tokens')
    .select(['name', 'role', 'expires_at', 'last_used_at'])
    .where('token_hash', '=', tokenHash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return null
  const now = await clock(db)
  if (row.expires_at !== null && row.expires_at <= now) return null
  if (row.last_used_at === null || row.last_used_at <= now - COARSE_MS) {
    await db.updateTable('api_tokens').set({ last_used_at: now }).where('name', '=', row.name).execute()
  }
  return { name: row.name, role: row.role }
}
