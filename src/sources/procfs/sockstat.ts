/** A protocol as the kernel counts its sockets, and names their table in lower case. */
export const COUNTED = ['TCP', 'TCP6', 'UDP', 'UDP6', 'UDPLITE', 'UDPLITE6'] as const

export type Counted = (typeof COUNTED)[number]

/** How many sockets of each protocol a net namespace has, without those that only wait for their end. */
export type SocketCounts = Readonly<Record<Counted, number>>

/**
 * Parses the text of /proc/PID/net/sockstat with that of sockstat6, proc_pid_net(5). A protocol that neither has, such as
 * every one of IPv6 where the kernel does without it, has no sockets.
 *
 * @throws {SyntaxError} when the text is none
 */
export function parseSockstat(text: string): SocketCounts {
  if (!text.startsWith('sockets: used ')) throw new SyntaxError('not the text of /proc/PID/net/sockstat')
  const counts = { TCP: 0, TCP6: 0, UDP: 0, UDP6: 0, UDPLITE: 0, UDPLITE6: 0 }
  for (const protocol of COUNTED) {
    const start = text.indexOf(`\n${protocol}: inuse `)
    if (start >= 0) counts[protocol] = countAt(text, start + protocol.length + ': inuse '.length + 1)
  }
  if (!text.includes('\nTCP: inuse ')) throw new SyntaxError('/proc/PID/net/sockstat without a count of TCP')
  return counts
}

function countAt(text: string, start: number): number {
  const count = Number.parseInt(text.slice(start, start + 12), 10)
  if (Number.isNaN(count)) throw new SyntaxError('/proc/PID/net/sockstat: a count is no number')
  return count
}
