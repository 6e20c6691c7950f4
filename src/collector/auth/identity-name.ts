import type { Identity } from './authority.ts'

/** Says for the audit who asked. */
export function nameOf(identity: Identity | null): string {
  if (identity === null) return 'nobody'
  if (identity.name !== null) return `token ${identity.name}`
  return identity.kind === 'person' ? 'a login by the login address' : 'a token of the configuration'
}
