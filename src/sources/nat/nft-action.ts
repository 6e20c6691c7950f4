import type { NatAction, NatPorts, NatTarget } from '../../model/nat.ts'
import { field, listOf, onlyField, textOr } from './json.ts'
import { networkOf, portsOf } from './nft-field.ts'
import { nftText } from './nft-text.ts'

/** Says what a statement or verdict does with a packet; null where it is none that ends a rule. */
export function actionOf(statement: unknown): NatAction | null {
  const [name, inner] = onlyField(statement) ?? ['', undefined]
  switch (name) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return { do: name }
    case 'reject':
      return { do: 'drop' }
    // They end the chain as accept does; what they change is the sender.
    case 'masquerade':
    case 'snat':
      return { do: 'accept' }
    case 'jump':
    case 'goto':
      return { do: name, chain: textOr(field(inner, 'target'), '') }
    case 'redirect':
      return redirectOf(inner) ?? unknownAction(statement)
    case 'dnat':
      return dnatOf(inner, field(inner, 'addr')) ?? unknownAction(statement)
    case 'queue':
    case 'tproxy':
    case 'synproxy':
    case 'fwd':
    case 'dup':
      return unknownAction(statement)
    default:
      return null
  }
}

/** Sends to an address, or to `address . port` as an element of a map holds it; null where it is not understood. */
export function dnatOf(inner: unknown, destination: unknown): NatAction | null {
  const joined = field(destination, 'concat')
  const [address, port] = joined === undefined ? [destination, field(inner, 'port')] : listOf(joined)
  const ports = natPortsOf(port, field(inner, 'flags'))
  const target = address === undefined ? null : networkOf(address)
  if (ports === undefined || (address !== undefined && target === null) || target?.includes('/')) return null
  const targets: NatTarget[] = [{ address: target, ports }]
  return { do: 'dnat', targets }
}

function redirectOf(inner: unknown): NatAction | null {
  const ports = natPortsOf(field(inner, 'port'), field(inner, 'flags'))
  return ports === undefined ? null : { do: 'redirect', ports }
}

/** Null keeps the packet's port; undefined is not understood. */
function natPortsOf(port: unknown, flags: unknown): NatPorts | null | undefined {
  if (port === undefined) return null
  const range = portsOf(port)
  if (range === null) return undefined
  const [first, last] = range
  return { first, last, ...(last > first && listOf(flags).includes('random') && { random: true }) }
}

export function unknownAction(statement: unknown): NatAction {
  return { do: 'unknown', text: nftText(statement).slice(0, 200) }
}
