import { SocketAddress } from 'node:net'
import { endianness } from 'node:os'

/** One row of /proc/PID/net/tcp, udp and their like, as far as it says who is bound where. */
export interface SocketRow {
  /** The table's: an IPv4 address that is mapped into IPv6 is `ipv6` here. */
  readonly family: 'ipv4' | 'ipv6'
  readonly address: string
  readonly port: number
  /** Of include/net/tcp_states.h, for every protocol. */
  readonly state: number
  /** The effective uid that made it. */
  readonly uid: number
  /** 0 of a socket that is the kernel's own. */
  readonly socketInode: number
}

/** TCP_LISTEN of include/net/tcp_states.h. */
const LISTEN = 0x0a

/** TCP_CLOSE: of a UDP socket it says that it is connected to nobody. */
const UNCONNECTED = 0x07

const ROW =
  /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) \S+ \S+ \S+ +(\d+) +\d+ (\d+)(?: |$)/

const ANY_IPV6 = '0'.repeat(32)

/**
 * Lists the sockets that listen, from the lines of a table of TCP, and reads no further than they go: the kernel gives
 * them first, and to walk all others is what makes these tables dear.
 *
 * @throws {SyntaxError} when the first line is not a table's head, or a row is none
 */
export function parseListening(lines: Iterable<string>): SocketRow[] {
  const listening: SocketRow[] = []
  for (const row of rowsOf(lines)) {
    if (row.state !== LISTEN) break
    listening.push(row)
  }
  return listening
}

/**
 * Lists the sockets of UDP that take datagrams from anybody: bound, and connected to nobody.
 *
 * @throws {SyntaxError} when the first line is not a table's head, or a row is none
 */
export function parseBound(lines: Iterable<string>): SocketRow[] {
  return [...rowsOf(lines)].filter(({ state, port }) => state === UNCONNECTED && port > 0)
}

/**
 * Parses one row, proc_pid_net(5). An address is the bytes of the network in words of 32 bits, each shown as a number of
 * the machine's own byte order.
 *
 * @throws {SyntaxError} when it is not such a row
 */
export function parseSocketRow(line: string, byteOrder: 'LE' | 'BE' = endianness()): SocketRow {
  // Without names: thousands of rows are parsed at a look.
  const [, address, port, state, uid, inode] = ROW.exec(line) ?? []
  if (address === undefined || port === undefined || state === undefined || uid === undefined || inode === undefined) {
    throw new SyntaxError(`not a row of sockets: ${line.slice(0, 80)}`)
  }
  const family = address.length === 8 ? 'ipv4' : 'ipv6'
  return {
    family,
    address: family === 'ipv4' ? formatIpv4(address, byteOrder) : formatIpv6(address, byteOrder),
    port: Number.parseInt(port, 16),
    state: Number.parseInt(state, 16),
    uid: Number(uid),
    socketInode: Number(inode),
  }
}

function* rowsOf(lines: Iterable<string>): Generator<SocketRow, void> {
  let isHead = true
  for (const line of lines) {
    if (!isHead) yield parseSocketRow(line)
    else if (!/^ {2,3}sl {2}local_address /.test(line)) throw new SyntaxError('not a table of sockets')
    isHead = false
  }
  if (isHead) throw new SyntaxError('an empty table of sockets')
}

function formatIpv4(hex: string, byteOrder: 'LE' | 'BE'): string {
  const word = Number.parseInt(hex, 16)
  const bytes = [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24]
  return (byteOrder === 'LE' ? bytes : bytes.reverse()).join('.')
}

function formatIpv6(hex: string, byteOrder: 'LE' | 'BE'): string {
  if (hex === ANY_IPV6) return '::'
  const read = Buffer.from(hex, 'hex')
  const bytes = byteOrder === 'LE' ? read.swap32() : read
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
