import { SocketAddress } from 'node:net'
import { endianness } from 'node:os'

/** One row of /proc/PID/net/tcp or tcp6, as far as it says who listens where. */
export interface TcpSocket {
  readonly family: 'ipv4' | 'ipv6'
  readonly address: string
  readonly port: number
  readonly listening: boolean
  readonly socketInode: number
}

const ROW =
  /^ *\d+: (?<address>[0-9A-F]{8}|[0-9A-F]{32}):(?<port>[0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} (?<state>[0-9A-F]{2}) \S+ \S+ \S+ +\d+ +\d+ (?<inode>\d+)(?: |$)/

/** TCP_LISTEN of include/net/tcp_states.h. */
const LISTEN = 0x0a

/**
 * Lists the sockets that listen, from the lines of such a table, and reads no further than they go: the kernel gives
 * them first, and to walk all others is what makes these tables dear.
 *
 * @throws {SyntaxError} when the first line is not a table's head, or a row is none
 */
export function parseListening(lines: Iterable<string>): TcpSocket[] {
  const listening: TcpSocket[] = []
  let isHead = true
  for (const line of lines) {
    if (isHead) {
      if (!line.startsWith('  sl  local_address ')) throw new SyntaxError('not a table of /proc/PID/net/tcp')
      isHead = false
      continue
    }
    const socket = parseTcpRow(line)
    if (!socket.listening) break
    listening.push(socket)
  }
  if (isHead) throw new SyntaxError('an empty table of /proc/PID/net/tcp')
  return listening
}

/**
 * Parses one row, proc_pid_net(5). An address is the bytes of the network in words of 32 bits, each shown as a number of
 * the machine's own byte order.
 *
 * @throws {SyntaxError} when it is not such a row
 */
export function parseTcpRow(line: string, byteOrder: 'LE' | 'BE' = endianness()): TcpSocket {
  const { address, port, state, inode } = ROW.exec(line)?.groups ?? {}
  if (address === undefined || port === undefined || state === undefined || inode === undefined) {
    throw new SyntaxError(`not a row of /proc/PID/net/tcp: ${line.slice(0, 80)}`)
  }
  const bytes = bytesOf(address, byteOrder)
  return {
    family: bytes.length === 4 ? 'ipv4' : 'ipv6',
    address: bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes),
    port: Number.parseInt(port, 16),
    listening: Number.parseInt(state, 16) === LISTEN,
    socketInode: Number(inode),
  }
}

/** Tells whether nobody from outside reaches an address: 127.0.0.0/8, mapped into IPv6 too, and ::1. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address)
}

function bytesOf(hex: string, byteOrder: 'LE' | 'BE'): Buffer {
  const bytes = Buffer.from(hex, 'hex')
  return byteOrder === 'LE' ? bytes.swap32() : bytes
}

function formatIpv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
