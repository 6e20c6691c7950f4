import type { ByeReason } from './protocol.ts'

/** How long an agent is asked to stay away; where nothing stands, its own backoff is enough. */
export const RETRY_AFTER_MS: Partial<Record<ByeReason, number>> = {
  malformed: 60_000,
  'too-large': 60_000,
  'too-fast': 60_000,
  unexpected: 60_000,
  'already-connected': 60_000,
  'node-taken': 60_000,
  'unknown-secret': 60_000,
  'wrong-secret': 60_000,
  'wrong-identity': 60_000,
  'store-failed': 5000,
}
