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

/** What people asked at one collector of an agent that is connected to another. */
export interface CommandsTable {
  readonly id: string
  readonly node: string
  /** In words of the collectors, as the answer is. */
  readonly question: string
  readonly deadline_at: number
  readonly taken: number
  readonly answer: string | null
}
