/** What a person or program may do: a viewer reads, an operator also changes things. The least first. */
export const ROLES = ['viewer', 'operator'] as const

export type Role = (typeof ROLES)[number]

/** Tells whether a role may do what another one is needed for. */
export function covers(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

/** Whose a token or a login is. */
export interface Holder {
  /** The token's name; null where a login address made the login. */
  readonly name: string | null
  readonly role: Role
}
