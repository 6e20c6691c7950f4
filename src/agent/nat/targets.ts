import type { NatAction, NatPacket, NatPorts, NatTarget } from '../../model/nat.ts'
import type { PortTarget } from '../../model/port.ts'
import { listAddresses } from './address.ts'

/** More targets than this of one rule are not listed. */
const MAX_TARGETS = 64

/** Says where a rule sends a packet, with each target's share; null where there are too many to tell. */
export function targetsOf(
  action: Extract<NatAction, { do: 'dnat' | 'redirect' }>,
  packet: NatPacket,
): PortTarget[] | null {
  if (action.do === 'redirect') return spread({ address: ownAddress(packet), ports: action.ports }, packet)
  const all = action.targets.map((target) => spread(target, packet))
  if (all.includes(null) || all.length > MAX_TARGETS) return null
  return all.flatMap((targets) => targets ?? [])
}

/** REDIRECT sends the node's own packets to loopback, and others to the address of the interface they came by. */
function ownAddress({ from, family, address }: NatPacket): string {
  if (from === 'outside') return address
  return family === 'ipv4' ? '127.0.0.1' : '::1'
}

function spread(target: NatTarget, packet: NatPacket): PortTarget[] | null {
  const addresses = listAddresses(target.address ?? packet.address, MAX_TARGETS)
  const ports = portsOf(target.ports, packet.port)
  if (addresses === null || ports === null || addresses.length * ports.length > MAX_TARGETS) return null
  const weight = (target.weight ?? 1) / (addresses.length * ports.length)
  return addresses.flatMap((address) => ports.map((port) => ({ address, port, weight })))
}

function portsOf(ports: NatPorts | null, own: number): number[] | null {
  if (ports === null) return [own]
  const { first, last, base, random } = ports
  const count = last - first + 1
  if (count < 1) return null
  if (base !== undefined) return [first + ((((own - base) % count) + count) % count)]
  if (!random) return [first <= own && own <= last ? own : first]
  return count > MAX_TARGETS ? null : Array.from({ length: count }, (_, index) => first + index)
}
