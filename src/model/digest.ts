/** sha256 over one row of the state, or over nothing: 32 bytes. */
export type Digest = Uint8Array

/** Gives the digest of the state without rows. */
export function emptyDigest(): Digest {
  return new Uint8Array(32)
}

/**
 * Adds a row's hash to a state's digest, in place; adding it once more takes it out again. The order of rows does not
 * matter, so a put or a delete costs one row and not the whole state. It detects divergence, not malice: an agent may
 * say anything of its own node.
 */
export function toggle(digest: Digest, hash: Digest): void {
  for (let index = 0; index < digest.length; index += 1) digest[index] = (digest[index] ?? 0) ^ (hash[index] ?? 0)
}

/** Tells whether two digests are the same. */
export function sameDigest(left: Digest, right: Digest): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
