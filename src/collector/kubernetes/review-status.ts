import * as z from 'zod'
import type { Review, TokenRefusal } from '../auth/token-reviewer.ts'

/** Whose tokens enrol agents. */
export interface Expected {
  /** Whom a token must be made for. */
  readonly audience: string
  /** Such as `system:serviceaccount:nsentinel:nsentinel-agent`. */
  readonly username: string
  /** Takes a token that names no node, as clusters before 1.30 make them, for any node. */
  readonly anyNode: boolean
}

/** Where the API server puts the node of the pod that a token is bound to. */
const NODE_NAME = 'authentication.kubernetes.io/node-name'

const answer = z.object({
  kind: z.literal('TokenReview'),
  status: z.object({
    authenticated: z.boolean().nullish(),
    error: z.string().nullish(),
    audiences: z.array(z.string()).nullish(),
    user: z
      .object({ username: z.string().nullish(), extra: z.record(z.string(), z.array(z.string())).nullish() })
      .nullish(),
  }),
})

/**
 * Judges what the API server answered to a TokenReview (authentication.k8s.io/v1).
 *
 * @throws {Error} when the answer is no TokenReview; nothing of it is in the message, as it repeats the token
 */
export function judgeAnswer(body: unknown, { audience, username, anyNode }: Expected): Review {
  const { data } = answer.safeParse(body)
  if (data === undefined) throw new Error('the API server answered with no TokenReview')
  const { authenticated, error, audiences, user } = data.status
  if (authenticated !== true) return refused('wrong-token', error ?? null)
  // A server that knows nothing of audiences leaves them out, and has judged the token as one for itself.
  if (audiences?.includes(audience) !== true) return refused('wrong-audience', `it is for ${audiences?.join(', ')}`)
  if (user?.username !== username) return refused('wrong-account', `it is of ${user?.username}`)
  const [node = null, ...others] = user.extra?.[NODE_NAME] ?? []
  if (node !== null && others.length === 0) return { outcome: 'accepted', node }
  return anyNode ? { outcome: 'accepted', node: null } : refused('no-node-name', null)
}

function refused(reason: TokenRefusal, detail: string | null): Review {
  return { outcome: 'refused', reason, detail }
}
