import { isIP } from 'node:net'
import type { Protocol } from '../model/port.ts'
import type { Exclusion } from '../probe/probe.ts'

const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'sctp']
const HIGHEST = 65_535

const PORTS =
  /^(?:(?<address>\[[^\]]+\]|[\d.]+):)?(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?(?:\/(?<protocol>tcp|udp|sctp))?$/i

/** What a port may look like on a command line. */
export const PORT_WORDS = 'a port such as 8080, 8080/udp, 127.0.0.1:8080/tcp or [::1]:80'

/** Ports as somebody names them. */
export interface NamedPorts extends Exclusion {
  readonly ports: readonly [first: number, last: number]
}

/** Parses ports as people write them: `8080`, `8000-8010/udp`, `127.0.0.1:80`, `[::1]:80/tcp`; null where it is not so. */
export function parsePorts(text: string): NamedPorts | null {
  const found = PORTS.exec(text)?.groups
  if (found === undefined) return null
  const [first, last] = [Number(found['first']), Number(found['last'] ?? found['first'])]
  if (first < 1 || first > last || last > HIGHEST) return null
  const address = found['address']?.replace(/[[\]]/g, '')
  if (address !== undefined && isIP(address) === 0) return null
  const protocol = PROTOCOLS.find((one) => one === found['protocol']?.toLowerCase())
  return {
    ...(address === undefined ? {} : { address }),
    ports: [first, last],
    ...(protocol === undefined ? {} : { protocol }),
  }
}

/** Parses a list of what is to be left alone, in which an address may also stand alone; null where it is not so. */
export function parseExclusions(text: string): readonly Exclusion[] | null {
  const words = text.split(',').map((word) => word.trim())
  const exclusions = words.filter((word) => word !== '').map(parseExclusion)
  return exclusions.every((exclusion) => exclusion !== null) ? exclusions : null
}

function parseExclusion(word: string): Exclusion | null {
  const address = word.replace(/^\[(.*)\]$/, '$1')
  return isIP(address) === 0 ? parsePorts(word) : { address }
}
