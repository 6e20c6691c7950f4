import { isIPv6 } from 'node:net'

const GROUPS = 8
const MAPPED = '::ffff:'

/** Names whom an address likely belongs to: an IPv4 address itself, of an IPv6 address its /64, which one host can use up. */
export function networkOf(address: string): string {
  const plain = address.replace(/%.*$/, '')
  if (plain.startsWith(MAPPED)) return plain.slice(MAPPED.length)
  return isIPv6(plain)
    ? `${groupsOf(plain)
        .slice(0, GROUPS / 2)
        .join(':')}::/64`
    : address
}

function groupsOf(address: string): string[] {
  const [head = '', tail = ''] = address.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === '' ? [] : tail.split(':')
  return [...first, ...Array.from({ length: GROUPS - first.length - last.length }, () => '0'), ...last]
}
