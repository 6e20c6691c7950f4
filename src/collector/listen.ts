import { BlockList, isIP } from 'node:net'
import type { TlsFiles } from './tls.ts'

/** Where the collector listens, and whether it may do so off loopback without TLS. */
export interface ListenOptions {
  readonly address: string
  /** 0 takes a free one. */
  readonly port: number
  /** Said in so many words by whoever starts it: tokens and results then cross the network readable. */
  readonly insecure: boolean
  /** Null speaks no TLS. */
  readonly tls?: TlsFiles | null
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

class InsecureAddressError extends Error {
  readonly code = 'insecure-address'
}

/** @throws an error of code `insecure-address` for an address off loopback, unless insecure was asked for */
export function assertMayListen({ address, insecure, tls = null }: ListenOptions): void {
  if (insecure || tls !== null || isLoopback(address)) return
  throw new InsecureAddressError(
    `refusing to listen on ${address}: off loopback, tokens and results would cross the network without TLS`,
  )
}

/** Tells whether an address can be reached from this machine only. */
export function isLoopback(address: string): boolean {
  if (address === 'localhost') return true
  const family = isIP(address)
  return family !== 0 && LOOPBACK.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

const HOST_HEADER = /^(?<name>\[[0-9a-f:.]+\]|[^:]+)(?::\d{1,5})?$/

/**
 * Tells whether a request's Host header is a name of this machine's own loopback. A page that rebinds its own name to
 * 127.0.0.1 sends that name, and is refused.
 */
export function isLoopbackHost(header: string | undefined): boolean {
  const name = HOST_HEADER.exec(header?.toLowerCase() ?? '')?.groups?.['name']
  return name !== undefined && isLoopback(name.replace(/^\[|\]$/g, ''))
}
