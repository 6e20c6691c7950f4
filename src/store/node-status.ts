import type { NodeStatus } from '../model/view.ts'

const LATE_AFTER_MS = 2 * 60_000
const SILENT_AFTER_MS = 10 * 60_000

/** Judges how far a node can be trusted to be as it is shown; every replica must come to the same. */
export function nodeStatus(isConnected: boolean, lastSeenAt: number, now: number): NodeStatus {
  const silenceMs = now - lastSeenAt
  if (silenceMs >= SILENT_AFTER_MS) return 'silent'
  return isConnected && silenceMs < LATE_AFTER_MS ? 'online' : 'late'
}
