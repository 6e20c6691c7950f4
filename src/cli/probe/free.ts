import { judgeFree } from '../../agent/free-port.ts'
import type { WantedPort } from '../../agent/port-claims.ts'
import type { Container } from '../../model/container.ts'
import { readEphemeralRange } from '../../sources/procfs/port-range.ts'
import { UsageError } from '../errors.ts'
import type { Looker } from '../look.ts'
import { PORT_WORDS, parsePorts } from '../port-words.ts'
import { lookOnce } from './look-once.ts'
import type { FreeResult } from './result.ts'

/** A UDP socket in the ephemeral range is known for a server only after so many looks; before, it may be a client's. */
const LOOKS = 3

/**
 * Parses the one port that may be free.
 *
 * @throws UsageError when it is none, or several
 */
export function parseFree(word: string): WantedPort {
  const named = parsePorts(word)
  if (named === null || named.ports[0] !== named.ports[1])
    throw new UsageError(`--free: expected ${PORT_WORDS}, got ${JSON.stringify(word)}`)
  const { address, ports, protocol = 'tcp' } = named
  return { ...(address === undefined ? {} : { address }), port: ports[0], protocol }
}

/** Looks whether a port is free, and says what speaks against it. */
export async function lookForFree(
  wanted: WantedPort,
  looker: Looker,
  { proc, timeout }: { readonly proc: string; readonly timeout: number },
  signal: AbortSignal,
): Promise<{ readonly result: FreeResult; readonly containers: readonly Container[] }> {
  const ephemeral = readEphemeralRange(proc)
  const isLate = ephemeral !== null && wanted.port >= ephemeral.from && wanted.port <= ephemeral.to
  let snapshot = await lookOnce(looker, timeout, signal)
  for (let look = 1; wanted.protocol === 'udp' && isLate && look < LOOKS; look += 1) {
    snapshot = await lookOnce(looker, timeout, signal)
  }
  const { takenAt, node, containers } = snapshot
  const verdict = judgeFree(snapshot, wanted, { ephemeral })
  return { result: { version: 1, takenAt, node: node.name, wanted, ...verdict }, containers }
}
