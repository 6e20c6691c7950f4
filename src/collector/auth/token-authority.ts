import type { Holder } from '../../model/role.ts'
import type { TrustStore } from '../../store/store.ts'
import type { AgentCredentials, AgentJudgement, AgentRefusal, Authority, Identity, Login } from './authority.ts'
import type { ShownCertificate } from './certificate.ts'
import { HolderCache } from './holder-cache.ts'
import { hashOf, matches, newSecret } from './secret.ts'
import type { TokenReviewer } from './token-reviewer.ts'

/** What is shorter can be guessed. */
export const SHORTEST_TOKEN = 16

/** An agent makes its secret itself: 32 random bytes, in base64url. */
const SHORTEST_SECRET = 43

export interface TokenAuthorityDeps {
  /** What agents enrol with; null enrols none. */
  readonly enrolmentToken: string | null
  /** Who judges tokens that are not the enrolment token; without one they are wrong. */
  readonly reviewer?: TokenReviewer
  /** The secret of the one agent that we started ourselves. */
  readonly childSecret?: string
  /** Where agents' secrets, people's tokens and logins are kept, as hashes. */
  readonly trust: Pick<TrustStore, 'knowsSecret' | 'findToken' | 'keepLogin' | 'findLogin' | 'endLogin'>
  /** Of the configuration: their role is operator. */
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
  const child = deps.childSecret === undefined ? null : hashOf(deps.childSecret)
  const clients = deps.apiTokens.map((token) => hashOfGiven('API token', token))
  const { trust, now, reviewer } = deps
  const tokens = new HolderCache({ find: (hash) => trust.findToken(hash), now })
  const logins = new HolderCache({ find: (hash) => trust.findLogin(hash), now })
  const tokenHolder = async (token: string) => (token.length < SHORTEST_TOKEN ? null : tokens.find(hashOf(token)))
  const begin = async (holder: Holder): Promise<Login> => {
    const secret = newSecret()
    await trust.keepLogin(hashOf(secret), holder.name)
    return { secret, identity: { kind: 'person', ...holder } }
  }
  const personOf = async (session: string): Promise<Identity | null> => {
    const holder = await logins.find(hashOf(session))
    return holder === null ? null : { kind: 'person', ...holder }
  }
  const firstLoginToken = newSecret()
  let loginHash = hashOf(firstLoginToken)

  return {
    firstLoginToken,
    judgeAgent: (shown, address) => judgeAgent({ enrolment, child, trust, reviewer }, shown, address),
    clientOf: async (token) => {
      if (clients.some((hash) => matches(hash, token))) return { kind: 'client', role: 'operator', name: null }
      const holder = await tokenHolder(token)
      return holder === null ? null : { kind: 'client', ...holder }
    },
    login: async (token) => {
      if (!matches(loginHash, token)) return null
      const next = newSecret()
      loginHash = hashOf(next)
      deps.onLogin(next)
      return begin({ name: null, role: 'operator' })
    },
    loginByToken: async (token) => {
      const holder = await tokenHolder(token)
      return holder === null ? null : begin(holder)
    },
    personOf,
    logout: async (session) => {
      const identity = await personOf(session)
      const hash = hashOf(session)
      await trust.endLogin(hash)
      logins.forget(hash)
      return identity
    },
  }
}

interface AgentKeys extends Pick<TokenAuthorityDeps, 'trust'> {
  readonly reviewer: TokenReviewer | undefined
  readonly enrolment: Buffer | null
  readonly child: Buffer | null
}

async function judgeAgent(keys: AgentKeys, shown: AgentCredentials, address: string): Promise<AgentJudgement> {
  const { secret, enrolmentToken, certificate } = shown
  if (certificate !== null) return judgeCertificate(certificate)
  if (secret === null) return { refusal: 'no-credentials' }
  if (secret.length < SHORTEST_SECRET) return { refusal: 'weak-secret' }
  const secretHash = hashOf(secret)
  const enrols = await judgeSecret(keys, secret, secretHash)
  if (enrols !== null) return { proof: { by: 'secret', secretHash, enrols } }
  if (enrolmentToken === null) return { refusal: 'unknown-secret' }
  return judgeToken(keys, { secretHash, enrolmentToken, address })
}

/** Null where nobody has this secret yet. */
async function judgeSecret({ child, trust }: AgentKeys, secret: string, hash: Buffer): Promise<'any' | 'no' | null> {
  if (child !== null && matches(child, secret)) return 'any'
  return (await trust.knowsSecret(hash)) ? 'no' : null
}

interface Newcomer {
  readonly secretHash: Buffer
  readonly enrolmentToken: string
  readonly address: string
}

async function judgeToken(
  { enrolment, reviewer }: AgentKeys,
  { secretHash, enrolmentToken, address }: Newcomer,
): Promise<AgentJudgement> {
  if (enrolment !== null && matches(enrolment, enrolmentToken))
    return { proof: { by: 'secret', secretHash, enrols: 'new' } }
  const review = await reviewer?.review(enrolmentToken, address)
  if (review === undefined) return { refusal: 'wrong-token' }
  if (review.outcome === 'unavailable') return { postponed: 'review-unavailable', detail: review.detail }
  if (review.outcome === 'refused') return { refusal: review.reason, detail: review.detail }
  return { proof: { by: 'secret', secretHash, enrols: review.node === null ? 'new' : { node: review.node } } }
}

const FAULTS: Readonly<Record<string, AgentRefusal>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-not-yet-valid',
}

/** A certificate that is shown alone decides, even where a right secret comes with it. */
function judgeCertificate({ names, fault }: ShownCertificate): AgentJudgement {
  if (fault === null) return { proof: { by: 'certificate', names } }
  return { refusal: FAULTS[fault] ?? 'certificate-untrusted', detail: `${fault}, for ${names.join(', ')}` }
}

function hashOfGiven(what: string, token: string): Buffer {
  if (token.length >= SHORTEST_TOKEN) return hashOf(token)
  throw new Error(`the ${what} has ${token.length} characters, expected at least ${SHORTEST_TOKEN} random ones`)
}
