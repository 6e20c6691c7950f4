import { unmapped } from '../../model/address-scope.ts'
import type { Listener } from '../../model/port.ts'
import { readLines } from './read-lines.ts'
import { parseBound, parseListening, type SocketRow } from './socket-row.ts'
import type { SocketCounts } from './sockstat.ts'

/** The tables that hold listeners, each with the count that tells whether it changed. */
const TABLES = [
  { file: 'tcp', counted: 'TCP', protocol: 'tcp', parse: parseListening },
  { file: 'tcp6', counted: 'TCP6', protocol: 'tcp', parse: parseListening },
  { file: 'udp', counted: 'UDP', protocol: 'udp', parse: parseBound },
  { file: 'udp6', counted: 'UDP6', protocol: 'udp', parse: parseBound },
] as const

/** 50,000 listeners: as many ports as there are, nearly. */
const TABLE_MAX_BYTES = 8 << 20

/** A socket as its table shows it. */
export interface BoundSocket extends Omit<Listener, 'owners'> {
  /** The effective uid that made it. */
  readonly uid: number
}

/** One table as it was read last. */
export interface Table {
  readonly file: string
  readonly count: number
  readonly sockets: readonly BoundSocket[]
}

/**
 * Reads the tables of a net namespace, but for those without a socket, and those that are as they were.
 *
 * @param directory /proc/PID/net of a task in it
 * @param isSame whether a table with as many sockets as before need not be read again
 * @throws {Error} of open(2) or read(2), with the code `E2BIG` when a table is beyond all bounds, or a SyntaxError
 */
export function readTables(
  { directory, netInode }: { readonly directory: string; readonly netInode: number },
  counts: SocketCounts,
  before: readonly Table[],
  isSame: (table: Table) => boolean,
): Table[] {
  return TABLES.map(({ file, counted, protocol, parse }) => {
    const count = counts[counted]
    const known = before.find((table) => table.file === file)
    if (known?.count === count && (count === 0 || isSame(known))) return known
    if (count === 0) return { file, count, sockets: [] }
    const rows = parse(readLines(`${directory}/${file}`, TABLE_MAX_BYTES))
    return { file, count, sockets: rows.map((row) => socketOf(row, netInode, protocol)) }
  })
}

function socketOf(row: SocketRow, netInode: number, protocol: 'tcp' | 'udp'): BoundSocket {
  const { address, port, socketInode, uid } = row
  const plain = unmapped(address)
  const common = { netInode, address: plain, port, protocol, socketInode, uid }
  if (row.family === 'ipv4') return { ...common, family: 'ipv4' }
  if (plain !== address) return { ...common, family: 'ipv4', mapped: true }
  // A socket of IPv6 that is bound to any address takes IPv4 too, unless IPV6_V6ONLY is set, ipv6(7): no table says.
  return { ...common, family: address === '::' ? 'unknown' : 'ipv6' }
}
