/** From how far a bound address is reached: any address of its net namespace, one of them, or only from inside. */
export type AddressScope = 'any' | 'one' | 'loopback'

/** Tells how far a bound address reaches; IPv4 addresses may be mapped into IPv6. */
export function scopeOf(address: string): AddressScope {
  const plain = unmapped(address)
  if (plain === '0.0.0.0' || plain === '::') return 'any'
  return plain === '::1' || plain.startsWith('127.') ? 'loopback' : 'one'
}

/** Gives the IPv4 address that `::ffff:192.0.2.1` stands for, RFC 4291 section 2.5.5.2; any other as it is. */
export function unmapped(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}

/** Tells whether an address stands for every one of the node's: a declaration may leave it empty. */
export function isAny(address: string): boolean {
  return address === '' || scopeOf(address) === 'any'
}

/** Tells the family of an address that is not empty. */
export function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}
