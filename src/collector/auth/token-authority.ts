import type { Authority } from './authority.ts'
import { hashOf, matches, newSecret } from './secret.ts'
import { Sessions } from './sessions.ts'

/** What is shorter can be guessed. */
export const SHORTEST_TOKEN = 16

export interface TokenAuthorityDeps {
  /** What agents show; null admits none. */
  readonly enrolmentToken: string | null
  readonly apiTokens: readonly string[]
  readonly now: () => number
  /** Called when somebody has logged in, with the token that the next person needs. */
  readonly onLogin: (nextLoginToken: string) => void
}

/** An authority whose tokens come from the configuration, and the login token it begins with. */
export interface TokenAuthority extends Authority {
  readonly firstLoginToken: string
}

/**
 * Makes an authority over tokens given at start. It keeps hashes only.
 *
 * @throws when a given token is shorter than 16 characters: guessing is made hopeless by length, not by waiting
 */
export function createTokenAuthority(deps: TokenAuthorityDeps): TokenAuthority {
  const enrolment = deps.enrolmentToken === null ? null : hashOfGiven('enrolment token', deps.enrolmentToken)
  const clients = deps.apiTokens.map((token) => hashOfGiven('API token', token))
  const sessions = new Sessions(deps.now)
  const firstLoginToken = newSecret()
  let loginHash = hashOf(firstLoginToken)

  return {
    firstLoginToken,
    admitsAgent: async (token) => enrolment !== null && matches(enrolment, token),
    clientOf: async (token) => (clients.some((hash) => matches(hash, token)) ? { kind: 'client' } : null),
    login: async (token) => {
      if (!matches(loginHash, token)) return null
      const next = newSecret()
      loginHash = hashOf(next)
      deps.onLogin(next)
      return sessions.begin()
    },
    personOf: async (session) => (sessions.use(session) ? { kind: 'person' } : null),
  }
}

function hashOfGiven(what: string, token: string): Buffer {
  if (token.length >= SHORTEST_TOKEN) return hashOf(token)
  throw new Error(`the ${what} has ${token.length} characters, expected at least ${SHORTEST_TOKEN} random ones`)
}
