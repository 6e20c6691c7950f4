type Family = 'ipv4' | 'ipv6'

/** Neighbouring addresses of one family, as numbers. */
interface AddressRange {
  readonly family: Family
  readonly first: bigint
  readonly last: bigint
}

const LOOPBACK = { ipv4: '127.0.0.0/8', ipv6: '::1' } as const

/** Tells whether an address, or all of a network, is in a network, `10.0.0.0/8`, or a range, `10.0.0.1-10.0.0.9`. */
export function isWithin(address: string, network: string): boolean {
  const range = parseRange(network)
  const one = parseRange(address)
  return (
    range?.family === one?.family &&
    range !== null &&
    one !== null &&
    range.first <= one.first &&
    one.last <= range.last
  )
}

/** Tells whether a network is every address of its family. */
export function isEverything(network: string): boolean {
  const range = parseRange(network)
  return range !== null && range.first === 0n && range.last === 2n ** bits(range.family) - 1n
}

/** Tells whether an address, or all of a network, never leaves its machine. */
export function isLoopback(address: string): boolean {
  return isWithin(address, LOOPBACK.ipv4) || isWithin(address, LOOPBACK.ipv6)
}

/** Lists the addresses of `first-last`, in words of the family; null when there are more than the limit. */
export function listAddresses(text: string, limit: number): string[] | null {
  if (!text.includes('-')) return [text]
  const range = parseRange(text)
  if (range === null || range.last < range.first || range.last - range.first >= BigInt(limit)) return null
  const count = Number(range.last - range.first) + 1
  return Array.from({ length: count }, (_, index) => format(range.first + BigInt(index), range.family))
}

/** Gives an address in one spelling, so that two can be compared as text; a text that is none stays. */
export function canonical(address: string): string {
  const range = address.includes('/') || address.includes('-') ? null : parseRange(address)
  return range === null ? address : format(range.first, range.family)
}

function parseRange(text: string): AddressRange | null {
  const [first = '', last] = text.split('-')
  if (last !== undefined) {
    const [from, to] = [parseRange(first), parseRange(last)]
    return from && to && from.family === to.family ? { family: from.family, first: from.first, last: to.last } : null
  }
  const [address = '', prefix] = text.split('/')
  const family = address.includes(':') ? 'ipv6' : 'ipv4'
  const value = family === 'ipv6' ? parseIpv6(address) : parseIpv4(address)
  const length = prefix === undefined ? bits(family) : BigInt(/^\d{1,3}$/.test(prefix) ? prefix : -1)
  if (value === null || length < 0n || length > bits(family)) return null
  const size = 2n ** (bits(family) - length)
  return { family, first: value - (value % size), last: value - (value % size) + size - 1n }
}

function parseIpv4(text: string): bigint | null {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (found === null) return null
  const [a = 0, b = 0, c = 0, d = 0] = found.slice(1).map(Number)
  return Math.max(a, b, c, d) > 255 ? null : BigInt(((a * 256 + b) * 256 + c) * 256 + d)
}

function parseIpv6(text: string): bigint | null {
  const dotted = /^(?<start>.*:)(?<v4>\d+\.[\d.]+)$/.exec(text)?.groups
  if (dotted !== undefined) {
    const v4 = parseIpv4(dotted['v4'] ?? '')
    return v4 === null
      ? null
      : parseIpv6(`${dotted['start']}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`)
  }
  const halves = text.split('::')
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return null
  const words = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  return words.every((word) => /^[\da-f]{1,4}$/i.test(word))
    ? BigInt(`0x${words.map((word) => word.padStart(4, '0')).join('')}`)
    : null
}

function format(value: bigint, family: Family): string {
  if (family === 'ipv4') return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
  const words = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16))
  const text = words.join(':')
  const [zeros] = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].toSorted((a, b) => b[0].length - a[0].length)
  if (zeros === undefined) return text
  return `${text.slice(0, zeros.index)}::${text.slice(zeros.index + zeros[0].length).replace(/^:/, '')}`
}

function bits(family: Family): bigint {
  return family === 'ipv4' ? 32n : 128n
}
