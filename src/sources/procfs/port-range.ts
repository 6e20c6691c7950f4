import { attempt, isFailure } from './attempt.ts'
import { parsePortRange } from './ephemeral.ts'
import { createFileReader } from './read-file.ts'

/**
 * Reads from which ports the kernel takes one for a socket that asks for none, ip(7): of the net namespace that we are
 * in. Null where it cannot be read.
 */
export function readEphemeralRange(procRoot: string): { readonly from: number; readonly to: number } | null {
  const readFile = createFileReader()
  const range = attempt(() => parsePortRange(readFile(`${procRoot}/sys/net/ipv4/ip_local_port_range`)))
  return isFailure(range) ? null : range
}
