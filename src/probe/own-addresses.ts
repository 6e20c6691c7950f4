import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Tells whether an address is one of ours. */
export type IsOwn = (address: string) => boolean

/**
 * Reads which addresses belong to the network namespace that this process is in: its interfaces' and loopback. An
 * address of IPv4 in IPv6's clothes counts as what it is.
 *
 * @param also further addresses that count as own
 */
export function readOwnAddresses(also: readonly string[] = []): IsOwn {
  const own = new BlockList()
  own.addSubnet('127.0.0.0', 8, 'ipv4')
  own.addAddress('::1', 'ipv6')
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses)
  for (const address of [...interfaces.map((one) => one.address), ...also]) {
    const family = familyOf(address)
    if (family !== null) own.addAddress(withoutZone(address), family)
  }
  return (address) => {
    const family = familyOf(address)
    return family !== null && own.check(withoutZone(address), family)
  }
}

/** A link-local address is one of an interface, whose name stands behind it: RFC 4007 section 11. */
function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}

function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  if (isIPv4(address)) return 'ipv4'
  return isIPv6(address) ? 'ipv6' : null
}
