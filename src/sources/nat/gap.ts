import type { Gap, GapReason } from '../../model/gap.ts'

/** Rules that could not be read may map any port. */
export function natGap(subject: string, reason: GapReason, detail: string): Gap {
  return { source: 'nat', subject, reason, affects: ['tcp', 'udp', 'sctp'], detail: detail.slice(0, 300) }
}
