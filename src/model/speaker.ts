/**
 * How an agent has shown who it is when it connects, before it says a word: by a secret of its own, or by a name that
 * somebody vouches for. What its hello says is held against this.
 */
export type Proof = SecretProof | NamedProof

export interface SecretProof {
  readonly by: 'secret'
  /** SHA-256 of the secret. */
  readonly secretHash: Uint8Array
  /**
   * `no`: the secret must be known; `new`: it may become that of an agent who has none yet; `any`: in place of another;
   * a node: somebody vouches that it speaks from there, so it may become that of the node's agent, also in place of another.
   */
  readonly enrols: 'no' | 'new' | 'any' | VouchedNode
}

export interface VouchedNode {
  readonly node: string
}

export interface NamedProof {
  readonly by: 'certificate'
  /** The only names that it may give itself and its node. */
  readonly names: readonly string[]
}

/**
 * Why a proof does not fit a hello: `unknown-secret`, nobody has it any more; `wrong-secret`, the agent of that name has
 * another; `wrong-identity`, what was shown is another agent's; `wrong-node`, the token is bound to another node;
 * `node-taken`, that node is another agent's.
 */
export type IdentityRefusal = 'unknown-secret' | 'wrong-secret' | 'wrong-identity' | 'wrong-node' | 'node-taken'

/** Says whom a proof vouches for, for who reads why it was good or not; null where it is only a secret. */
export function witnessOf(proof: Proof): string | null {
  if (proof.by === 'certificate') return `certificate of ${proof.names.join(', ')}`
  return typeof proof.enrols === 'object' ? `service account token of node ${proof.enrols.node}` : null
}

/** Why no session begins: `fenced`, the same process has begun a later connection; or there is a rival. */
export type Unopened =
  | { readonly outcome: 'refused'; readonly reason: IdentityRefusal | 'fenced' }
  | ({ readonly outcome: 'contested' } & Rival)

/** A session of another process of one agent, through another collector, that did not end as far as the store knows. */
export interface Rival {
  /** Who found that it is over opens a session beyond it. */
  readonly session: number
  /** Asks that collector whether its agent still answers; without an answer it does not. */
  readonly isAlive: () => Promise<boolean>
}

/** Tells whether two proofs are those of one agent, given that both were found good for the same agent id. */
export function isSameProof(left: Proof, right: Proof): boolean {
  if (left.by === 'secret' && right.by === 'secret') return isSameSecret(left.secretHash, right.secretHash)
  return left.by === right.by
}

/** Compares hashes of secrets in a time that does not depend on where they differ. */
export function isSameSecret(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length
  for (let index = 0; index < left.length; index += 1) difference |= (left[index] ?? 0) ^ (right[index] ?? 0)
  return difference === 0
}
