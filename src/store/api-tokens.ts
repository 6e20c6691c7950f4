import type { Kysely } from 'kysely'
import type { Role } from '../model/role.ts'
import type { StoreDatabase } from './open-database.ts'
import type { ApiTokensTable } from './people-tables.ts'
import type { Tables } from './tables.ts'

/** A token as its operator sees it; what it is stays a hash. */
export interface ApiToken {
  readonly name: string
  readonly role: Role
  readonly createdAt: number
  /** To about a minute. */
  readonly lastUsedAt: number | null
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

export interface NewApiToken {
  readonly name: string
  readonly role: Role
  readonly tokenHash: Uint8Array
  readonly expiresInMs: number | null
  /** Of the entry in the audit. */
  readonly auditId: string
}

/** The tokens of a store, for its operator; collectors may be using the store meanwhile. */
export class TokenRegister {
  readonly #database: StoreDatabase

  constructor(database: StoreDatabase) {
    this.#database = database
  }

  /** By name. */
  async list(): Promise<ApiToken[]> {
    const rows = await this.#database.db.selectFrom('api_tokens').selectAll().orderBy('name').execute()
    return rows.map(viewOf)
  }

  /** Keeps a token; false when the name is or was another one's, whose entries in the audit would be mistaken. */
  async create({ name, role, tokenHash, expiresInMs, auditId }: NewApiToken): Promise<boolean> {
    return this.#database.db.transaction().execute(async (trx) => {
      const now = await this.#database.clock(trx)
      const unused = { last_used_at: null, revoked_at: null }
      const expires = expiresInMs === null ? null : now + expiresInMs
      const row = { name, role, token_hash: tokenHash, created_at: now, expires_at: expires, ...unused }
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('api_tokens')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows !== 1n) return false
      await note(trx, { id: auditId, at: now, action: 'token-created', detail: `token ${name} of role ${role}` })
      return true
    })
  }

  /** Ends a token at once; false when none of this name is there, or it is revoked already. */
  async revoke(name: string, auditId: string): Promise<boolean> {
    return this.#database.db.transaction().execute(async (trx) => {
      const now = await this.#database.clock(trx)
      const { numUpdatedRows } = await trx
        .updateTable('api_tokens')
        .set({ revoked_at: now })
        .where('name', '=', name)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return false
      await note(trx, { id: auditId, at: now, action: 'token-revoked', detail: `token ${name}` })
      return true
    })
  }
}

interface Note {
  readonly id: string
  readonly at: number
  readonly action: 'token-created' | 'token-revoked'
  readonly detail: string
}

async function note(trx: Kysely<Tables>, entry: Note): Promise<void> {
  const nobody = { reason: null, agent_id: null, node: null, address: null }
  await trx
    .insertInto('audit')
    .values({ ...entry, ...nobody, last_at: entry.at, count: 1 })
    .execute()
}

function viewOf(row: ApiTokensTable): ApiToken {
  return {
    name: row.name,
    role: row.role,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }
}
