import { hash } from 'node:crypto'
import type { Digest } from '../model/digest.ts'

/** Hashes one row of the state, as {@link encodeRow} writes it. */
export function hashRow(row: string): Digest {
  return hash('sha256', row, 'buffer')
}

/** Writes a digest as it stands in a frame. */
export function digestText(digest: Digest): string {
  return Buffer.from(digest).toString('hex')
}

/** Reads a digest from a frame; that it is 64 hex digits has been checked. */
export function parseDigest(text: string): Digest {
  return Buffer.from(text, 'hex')
}
