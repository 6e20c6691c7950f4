import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Makes a secret of 256 random bits that fits a URL, a header and a cookie. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Hashes a secret; plain sha256 is enough for what is random and long. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** Compares in a time that does not tell how much of the presented secret is right. */
export function matches(hash: Buffer, presented: string): boolean {
  return timingSafeEqual(hash, hashOf(presented))
}
