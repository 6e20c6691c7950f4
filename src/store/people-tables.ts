import type { Role } from '../model/role.ts'

/** Who may ask, and what for. */
export interface ApiTokensTable {
  readonly name: string
  readonly role: Role
  /** SHA-256. */
  readonly token_hash: Uint8Array
  readonly created_at: number
  /** To about a minute. */
  readonly last_used_at: number | null
  readonly expires_at: number | null
  readonly revoked_at: number | null
}

/** The browsers that are logged in. */
export interface LoginsTable {
  /** SHA-256. */
  readonly secret_hash: Uint8Array
  /** Null where it was made by a login address, whose holder is an operator. */
  readonly token_name: string | null
  readonly begun_at: number
  /** To about a minute. */
  readonly last_used_at: number
}
