import type { Kysely } from 'kysely'
import type { Holder } from '../model/role.ts'
import type { Clock } from './clock.ts'
import type { Tables } from './tables.ts'

const IDLE_MS = 12 * 60 * 60_000
const LONGEST_MS = 7 * 24 * 60 * 60_000
/** How exactly the last use is kept: every request would otherwise be a write. */
const COARSE_MS = 60_000
const MOST_LOGINS = 1000

/** Keeps that a browser is logged in, by a token of the store or, as operator, by none; those unused for longest make room. */
export async function keepLogin(
  db: Kysely<Tables>,
  clock: Clock,
  secretHash: Uint8Array,
  tokenName: string | null,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const now = await clock(trx)
    const row = { secret_hash: secretHash, token_name: tokenName, begun_at: now, last_used_at: now }
    await trx.insertInto('logins').values(row).execute()
    await trx
      .deleteFrom('logins')
      .where((eb) => eb.or([eb('last_used_at', '<=', now - IDLE_MS), eb('begun_at', '<=', now - LONGEST_MS)]))
      .execute()
    const surplus = trx
      .selectFrom('logins')
      .select('secret_hash')
      .orderBy('last_used_at', 'desc')
      .orderBy('begun_at', 'desc')
      .offset(MOST_LOGINS)
      .limit(MOST_LOGINS)
    await trx.deleteFrom('logins').where('secret_hash', 'in', surplus).execute()
  })
}

/** Tells whose login has this SHA-256, and counts as its use; null when it ended, or the token it was made by did. */
export async function findLogin(db: Kysely<Tables>, clock: Clock, secretHash: Uint8Array): Promise<Holder | null> {
  const row = await db
    .selectFrom('logins')
    .leftJoin('api_tokens', 'api_tokens.name', 'logins.token_name')
    .select(['token_name', 'begun_at', 'logins.last_used_at', 'role', 'expires_at', 'revoked_at'])
    .where('logins.secret_hash', '=', secretHash)
    .executeTakeFirst()
  if (row === undefined) return null
  const now = await clock(db)
  if (row.last_used_at <= now - IDLE_MS || row.begun_at <= now - LONGEST_MS) return null
  if (row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now)) return null
  if (row.last_used_at <= now - COARSE_MS) {
    await db.updateTable('logins').set({ last_used_at: now }).where('secret_hash', '=', secretHash).execute()
  }
  if (row.token_name === null) return { name: null, role: 'operator' }
  return row.role === null ? null : { name: row.token_name, role: row.role }
}

/** Ends the login that has this SHA-256, if there is one. */
export async function endLogin(db: Kysely<Tables>, secretHash: Uint8Array): Promise<void> {
  await db.deleteFrom('logins').where('secret_hash', '=', secretHash).execute()
}
