/**
 * Why a token enrols nobody: `wrong-token`, nobody made it, or it was taken back; `token-expired`; `wrong-audience`, it
 * was made for somebody else; `wrong-account`, it is not an agent's; `no-node-name`, it does not say on which node.
 */
export type TokenRefusal = 'wrong-token' | 'token-expired' | 'wrong-audience' | 'wrong-account' | 'no-node-name'

/** What came of asking about a token; `unavailable` says nothing of the token. */
export type Review =
  /** Null where it may enrol for any node. */
  | { readonly outcome: 'accepted'; readonly node: string | null }
  | { readonly outcome: 'refused'; readonly reason: TokenRefusal; readonly detail: string | null }
  | { readonly outcome: 'unavailable'; readonly detail: string }

/** Somebody who can tell whether a token of another authority may enrol an agent. */
export interface TokenReviewer {
  /** Asks about a token that came from an address: of one, only so many are asked about at once. */
  review(token: string, address: string): Promise<Review>
}
