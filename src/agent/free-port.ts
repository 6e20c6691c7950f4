import { affectsAny, type Gap } from '../model/gap.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { claimsOn, isHeld, type PortClaim, type WantedPort } from './port-claims.ts'

/** Whether a host port could be taken by somebody new, and who has it. */
export interface FreeVerdict {
  readonly verdict: 'free' | 'taken' | 'unknown'
  /** Whoever binds or maps it, or is declared to. */
  readonly holders: readonly PortClaim[]
  /** What keeps a port that seems free from being called so. */
  readonly gaps: readonly Gap[]
  /** What to think of before taking it. */
  readonly notes: readonly string[]
}

/** Ranges of ports that are handed out by others. */
export interface PortRanges {
  /** What the kernel gives to sockets that ask for none, ip(7); null where it could not be read. */
  readonly ephemeral: { readonly from: number; readonly to: number } | null
}

/** The API server's default for --service-node-port-range; which one is in force no node can tell. */
const NODE_PORTS = [30_000, 32_767] as const

/**
 * Tells whether a host port is free on a node, before somebody takes it: no socket is bound there, no rule takes its
 * packets, and no live container declares it. A gap that could hide one makes it unknown, unless it is taken.
 */
export function judgeFree(snapshot: Snapshot, wanted: WantedPort, ranges: PortRanges): FreeVerdict {
  const holders = claimsOn(snapshot, wanted).filter((claim) => isHeld(claim) || isDeclared(claim))
  const gaps = snapshot.gaps.filter((gap) => affectsAny(gap, [wanted.protocol, 'net']))
  const doubt = gaps.length > 0 || claimsOn(snapshot, wanted).some(({ mechanism }) => mechanism === 'unknown')
  const verdict = holders.length > 0 ? 'taken' : doubt ? 'unknown' : 'free'
  return { verdict, holders, gaps: holders.length > 0 ? [] : gaps, notes: notesOn(wanted, ranges) }
}

/** What an image says of itself (EXPOSE) takes no port. */
function isDeclared({ declaredBy }: PortClaim): boolean {
  return declaredBy.some(({ by }) => by !== 'image')
}

function notesOn({ port }: WantedPort, { ephemeral }: PortRanges): string[] {
  const notes = []
  if (port >= NODE_PORTS[0] && port <= NODE_PORTS[1])
    notes.push(`in Kubernetes' usual range of NodePorts (${NODE_PORTS.join('-')}): a Service may be given it later`)
  if (ephemeral !== null && port >= ephemeral.from && port <= ephemeral.to)
    notes.push(
      `in the range that this kernel gives to clients (${ephemeral.from}-${ephemeral.to}): one may hold it a while`,
    )
  return notes
}
