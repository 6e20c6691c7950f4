import { scopeOf } from '../model/address-scope.ts'
import { bounded, type Found } from '../model/reach.ts'
import type { ListeningSocket } from '../sources/listener-source.ts'
import type { Heard } from './listeners.ts'

/** Where Linux takes ports for whoever asks for none, ip(7): programs that start anew listen elsewhere each time. */
const EPHEMERAL_FROM = 32_768
const EPHEMERAL_TO = 60_999

/** Names what of the host's only its own loopback reaches, by port: of TCP, as whoever shares its net namespace connects to it. */
export function loopbackListenersOf({ sockets, isHostRead }: Heard, hostInode: number): Found<string> {
  if (!isHostRead) return 'unknown'
  const listeners = sockets.filter(isOnLoopback).filter(({ netInode }) => netInode === hostInode)
  const named = listeners.map(nameOf).toSorted((a, b) => a.port - b.port || (a.name < b.name ? -1 : 1))
  return bounded(named.map(({ name }) => name))
}

function isOnLoopback({ protocol, address }: ListeningSocket): boolean {
  return protocol === 'tcp' && scopeOf(address) === 'loopback'
}

function nameOf({ address, mapped, port }: ListeningSocket): { readonly name: string; readonly port: number } {
  const bound = mapped === true ? `::ffff:${address}` : address
  if (port < EPHEMERAL_FROM || port > EPHEMERAL_TO) return { name: `tcp/${bound}/${port}`, port }
  return { name: `tcp/${bound}/ephemeral`, port: EPHEMERAL_FROM }
}
