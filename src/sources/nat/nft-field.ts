import { lookUp } from '../../model/look-up.ts'
import type { NatMatch } from '../../model/nat.ts'
import type { Protocol } from '../../model/port.ts'
import { field, listOf, textOr } from './json.ts'
import { nftText } from './nft-text.ts'

/** Makes matches of what a packet's field is compared with; null where the values are not understood. */
export type Compare = (values: readonly unknown[], negated: boolean) => readonly NatMatch[] | null

/** Without /etc/protocols, as in a small image, nft prints numbers. */
const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  tcp: 'tcp',
  6: 'tcp',
  udp: 'udp',
  17: 'udp',
  sctp: 'sctp',
  132: 'sctp',
}

const NEVER: NatMatch = { on: 'protocol', protocols: [], negated: false }

/** Says how a field of nft's JSON is compared; null where nothing is known of it. */
export function compareOf(left: unknown): Compare | null {
  const payload = field(left, 'payload')
  if (payload !== undefined)
    return ofPayload(textOr(field(payload, 'protocol'), ''), textOr(field(payload, 'field'), ''))
  const meta = field(left, 'meta')
  if (meta !== undefined) return ofMeta(textOr(field(meta, 'key'), ''), left)
  const fib = field(left, 'fib')
  if (fib !== undefined) return ofFib(fib)
  if (field(field(left, 'ct'), 'key') === 'state') return ofState
  return isSynTest(left) ? ofSyn : null
}

function ofPayload(protocol: string, name: string): Compare | null {
  if (protocol === 'ip' || protocol === 'ip6') return ofAddressHeader(protocol, name)
  const transport = lookUp(PROTOCOLS, protocol)
  const isPort = name === 'dport' || name === 'sport'
  if (!isPort || (transport === undefined && protocol !== 'th')) return null
  const first: NatMatch[] = transport === undefined ? [] : [{ on: 'protocol', protocols: [transport], negated: false }]
  if (name === 'sport') return (values) => [...first, { on: 'sometimes', text: `source port ${nftText(values)}` }]
  return (values, negated) => {
    const ranges = values.map(portsOf)
    return ranges.includes(null)
      ? null
      : [...first, { on: 'port', ranges: ranges.flatMap((range) => (range === null ? [] : [range])), negated }]
  }
}

function ofAddressHeader(protocol: 'ip' | 'ip6', name: string): Compare | null {
  const family: NatMatch = { on: 'family', family: protocol === 'ip' ? 'ipv4' : 'ipv6', negated: false }
  if (name === 'protocol' || name === 'nexthdr') return (values, negated) => [family, protocolMatch(values, negated)]
  const on = name === 'daddr' ? 'destination' : name === 'saddr' ? 'source' : null
  if (on === null) return null
  return (values, negated) => {
    const networks = values.flatMap((value) => networkOf(value) ?? [])
    return networks.length === values.length ? [family, { on, networks, negated }] : null
  }
}

function ofMeta(key: string, left: unknown): Compare | null {
  switch (key) {
    case 'l4proto':
      return (values, negated) => [protocolMatch(values, negated)]
    case 'nfproto':
    case 'protocol':
      return ofFamily
    case 'iifname':
    case 'iif':
      return interfaceNames('in')
    case 'oifname':
    case 'oif':
      return interfaceNames('out')
    case 'skuid':
    case 'skgid':
    case 'time':
    case 'hour':
    case 'day':
    case 'random':
      return (values) => [{ on: 'sometimes', text: `${nftText(left)} ${nftText(values)}` }]
    default:
      return null
  }
}

const ofFamily: Compare = ([value, other], negated) => {
  const family = value === 'ipv4' || value === 'ip' ? 'ipv4' : value === 'ipv6' || value === 'ip6' ? 'ipv6' : null
  return family === null || other !== undefined ? null : [{ on: 'family', family, negated }]
}

function interfaceNames(direction: 'in' | 'out'): Compare {
  return (values, negated) => {
    const names = values.filter((value) => typeof value === 'string')
    return names.length === values.length ? [{ on: 'interface', direction, names, negated }] : null
  }
}

/** `fib daddr type local`; with an interface in it, it asks more than is known here. */
function ofFib(fib: unknown): Compare | null {
  const [flag, other] = listOf(field(fib, 'flags'))
  const on = flag === 'daddr' ? 'local-destination' : flag === 'saddr' ? 'local-source' : null
  if (on === null || other !== undefined || field(fib, 'result') !== 'type') return null
  return (values, negated) => (values.length === 1 && values[0] === 'local' ? [{ on, negated }] : null)
}

/** A rule of NAT is asked for the first packet of a connection only. */
const ofState: Compare = (values, negated) => (values.includes('new') !== negated ? [] : [NEVER])

/** `tcp flags & (fin | syn | rst | ack) == syn`, which a connection's first packet is. */
function isSynTest(left: unknown): boolean {
  const [flags] = listOf(field(left, '&'))
  return field(field(flags, 'payload'), 'field') === 'flags'
}

const ofSyn: Compare = (values, negated) => (values.length === 1 && values[0] === 'syn' && !negated ? [] : null)

function protocolMatch(values: readonly unknown[], negated: boolean): NatMatch {
  return { on: 'protocol', protocols: values.flatMap((value) => lookUp(PROTOCOLS, String(value)) ?? []), negated }
}

/** Gives an address, network or range as the model writes it. */
export function networkOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  return field(value, 'prefix') === undefined && field(value, 'range') === undefined ? null : nftText(value)
}

/** Gives a port or range of them. */
export function portsOf(value: unknown): [number, number] | null {
  const [first, last = first, more] = listOf(field(value, 'range') ?? value)
  return typeof first === 'number' && typeof last === 'number' && more === undefined ? [first, last] : null
}
