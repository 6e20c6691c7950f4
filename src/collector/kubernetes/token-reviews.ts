import { Lobby } from '../../transport/lobby.ts'
import { hashOf } from '../auth/secret.ts'
import type { Review, TokenReviewer } from '../auth/token-reviewer.ts'
import { networkOf } from '../network.ts'
import type { TokenQuestion } from './api-server.ts'
import { type Claims, claimsOf } from './claims.ts'
import { ReviewCache } from './review-cache.ts'
import { type Expected, judgeAnswer } from './review-status.ts'

/** How many tokens are asked about at once, of all and of one network: whoever makes tokens up must not flood the API server. */
const ROOM = { all: 32, ofAddress: 8 }
/** The connection to the API server included; an agent waits 10 s for its handshake. */
const PATIENCE_MS = 5000

export interface TokenReviewsDeps {
  /** Asks the API server, and gives its answer's JSON. */
  readonly ask: (question: TokenQuestion, signal: AbortSignal) => Promise<unknown>
  readonly expected: Expected
  readonly now: () => number
  readonly patienceMs?: number
}

/** Asks a cluster's API server about service account tokens: about one token once at a time, and not again for a while. */
export function createTokenReviews(deps: TokenReviewsDeps): TokenReviewer {
  const { expected, now } = deps
  const cache = new ReviewCache(now)
  const room = new Lobby(ROOM)
  const asked = new Map<string, Promise<Review>>()

  return {
    review: async (token, address) => {
      const claims = claimsOf(token)
      if (claims === null) return { outcome: 'refused', reason: 'wrong-token', detail: null }
      const objection = objectionTo(claims, expected)
      if (objection !== null) return objection
      const key = hashOf(token).toString('hex')
      const known = cache.find(key) ?? asked.get(key)
      if (known !== undefined) return known
      const leave = room.enter(networkOf(address))
      if (leave === null) return { outcome: 'unavailable', detail: 'too many tokens are being asked about' }
      const asking = ask(deps, token, claims).finally(() => {
        asked.delete(key)
        leave()
      })
      asked.set(key, asking)
      const review = await asking
      cache.keep(key, review, claims.expiresAt)
      return review
    },
  }
}

/** What a token itself says against it need not be asked; what it says for it is nobody's word. */
function objectionTo({ subject, audiences }: Claims, { username, audience }: Expected): Review | null {
  if (subject !== username) return { outcome: 'refused', reason: 'wrong-account', detail: `it is of ${subject}` }
  if (audiences.includes(audience)) return null
  return { outcome: 'refused', reason: 'wrong-audience', detail: `it is for ${audiences.join(', ')}` }
}

async function ask(
  { ask, expected, now, patienceMs = PATIENCE_MS }: TokenReviewsDeps,
  token: string,
  { expiresAt }: Claims,
): Promise<Review> {
  const impatience = AbortSignal.timeout(patienceMs)
  try {
    const answer = await ask({ token, audience: expected.audience }, impatience)
    const review = judgeAnswer(answer, expected)
    if (review.outcome !== 'refused') return review
    // The API server says so in words only.
    const reason = review.reason === 'wrong-token' && expiresAt <= now() ? 'token-expired' : review.reason
    return { ...review, reason, detail: review.detail?.replaceAll(token, '…') ?? null }
  } catch (error) {
    const words = impatience.aborted ? `no answer in ${patienceMs} ms` : wordsOf(error)
    return { outcome: 'unavailable', detail: words.replaceAll(token, '…') }
  }
}

/** The message, and the code, which says more of a connection. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? `${error.code}: ${error.message}` : error.message
}
