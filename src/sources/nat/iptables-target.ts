import type { NatAction, NatPorts, NatTarget } from '../../model/nat.ts'
import type { Option } from './iptables-words.ts'

/** Targets after which the packet goes on to the next rule, or that ask nothing of where it is sent. */
const CONTINUE = new Set([
  'AUDIT',
  'CHECKSUM',
  'CLASSIFY',
  'CONNMARK',
  'CONNSECMARK',
  'CT',
  'DSCP',
  'ECN',
  'HL',
  'IDLETIMER',
  'LED',
  'LOG',
  'MARK',
  'NFACCT',
  'NFLOG',
  'NOTRACK',
  'RATEEST',
  'SECMARK',
  'SET',
  'TCPMSS',
  'TCPOPTSTRIP',
  'TEE',
  'TOS',
  'TRACE',
  'TTL',
  'ULOG',
])

/** What `-j` or `-g` names, and the options after it. */
interface Target {
  readonly goes: boolean
  readonly name: string
  readonly options: readonly Option[]
}

/** Says what a target does; chains that were declared are jumped to, and a target that nothing is known of is `unknown`. */
export function parseTarget({ goes, name, options }: Target, chains: ReadonlySet<string>): NatAction {
  if (chains.has(name)) return { do: goes ? 'goto' : 'jump', chain: name }
  if (CONTINUE.has(name)) return { do: 'continue' }
  // They end the chain as ACCEPT does; what they change is the sender.
  if (name === 'ACCEPT' || name === 'MASQUERADE' || name === 'SNAT') return { do: 'accept' }
  if (name === 'RETURN') return { do: 'return' }
  if (name === 'DROP') return { do: 'drop' }
  const random = options.some((option) => option.name === '--random')
  const value = (option: string) => options.find((given) => given.name === option)?.values[0]
  const action = parseNat(name, value, random)
  return action ?? { do: 'unknown', text: [name, ...options.flatMap(textOf)].join(' ').slice(0, 200) }
}

function parseNat(name: string, value: (option: string) => string | undefined, random: boolean): NatAction | null {
  if (name === 'DNAT') {
    const target = parseDestination(value('--to-destination') ?? '', random)
    return target && { do: 'dnat', targets: [target] }
  }
  if (name !== 'REDIRECT') return null
  const text = value('--to-ports')
  if (text === undefined) return { do: 'redirect', ports: null }
  const ports = parseNatPorts(text, random)
  return ports && { do: 'redirect', ports }
}

const DESTINATION =
  /^(?:\[(?<v6>[\da-f:.-]+)\]|(?<bare>[\da-f]*:[\da-f:.]*:[\da-f:.-]*)|(?<v4>[\d.-]*))(?::(?<ports>[\d/-]+))?$/i

/** Parses `10.0.0.2:80`, `10.0.0.2-10.0.0.9:80-90/8000`, `[fd00::2]:80`, `:80`. */
function parseDestination(text: string, random: boolean): NatTarget | null {
  const found = DESTINATION.exec(text)?.groups
  if (found === undefined || text === '') return null
  const address = found['v6'] || found['bare'] || found['v4'] || null
  if (found['ports'] === undefined) return { address, ports: null }
  const ports = parseNatPorts(found['ports'], random)
  return ports && { address, ports }
}

function parseNatPorts(text: string, random: boolean): NatPorts | null {
  const found = /^(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?(?:\/(?<base>\d{1,5}))?$/.exec(text)?.groups
  if (found === undefined) return null
  const first = Number(found['first'])
  const last = Number(found['last'] ?? first)
  const base = found['base'] === undefined ? {} : { base: Number(found['base']) }
  return { first, last, ...base, ...(random && last > first && { random }) }
}

function textOf({ name, negated, values }: Option): string[] {
  return [...(negated ? ['!'] : []), name, ...values]
}
