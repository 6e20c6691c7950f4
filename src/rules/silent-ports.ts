import type { Port, ProbeAnswer } from '../model/port.ts'

/** What a probe is told by a port that nobody holds. A datagram that stays without an answer tells nothing. */
const REFUSALS: readonly ProbeAnswer['outcome'][] = ['refused', 'unreachable']

/**
 * Tells whether a port was seen to be without anybody behind it: nothing is there, nothing listens where it leads, or
 * every probe was refused. A probe that was not made, and a namespace that could not be read, prove nothing.
 */
export function isSilent({ mechanism, shadowedBy, targets, probe = [] }: Port): boolean {
  // A proxy accepts for a container in which nobody does: only what somebody says of himself is an answer.
  if (probe.some(({ identity }) => identity !== undefined && identity.protocol !== 'none')) return false
  if (mechanism === 'none') return shadowedBy === undefined
  if (targets.length > 0 && targets.every(({ listening }) => listening === false)) return true
  const asked = probe.filter(({ outcome }) => outcome !== 'not-asked')
  return asked.length > 0 && asked.every(({ outcome }) => REFUSALS.includes(outcome))
}
