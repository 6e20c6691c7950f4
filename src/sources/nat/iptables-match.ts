import { lookUp } from '../../model/look-up.ts'
import type { NatMatch } from '../../model/nat.ts'
import type { Protocol } from '../../model/port.ts'
import type { Option, Part } from './iptables-words.ts'

/** Matches that hold for some packets only, whatever their options say. */
const SOMETIMES = [
  'limit',
  'hashlimit',
  'connlimit',
  'time',
  'owner',
  'length',
  'quota',
  'connbytes',
  'tos',
  'dscp',
  'ttl',
  'hl',
]

/** Matches that count or describe, and hold always. */
const ALWAYS = ['comment', 'nfacct']

const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'sctp']

/** Says what the options of one match ask for: nothing where they always hold. */
export function parseMatches({ module, options }: Part): NatMatch[] {
  if (ALWAYS.includes(module)) return []
  if (SOMETIMES.includes(module)) return [{ on: 'sometimes', text: textOf(module, options) }]
  const special = lookUp(SPECIAL, module)
  if (special !== undefined) return special(options) ?? [unknownOf(module, options)]
  return options.flatMap((option) => {
    const parse = lookUp(lookUp(PLAIN, module) ?? {}, option.name)
    const match = parse === undefined ? null : parse(option)
    return match === null ? [unknownOf(module, [option])] : match
  })
}

/** Parses `80`, `80:90` or a list of them; null when it is none. */
function parsePorts(text: string): [number, number][] | null {
  const ranges = text.split(',').map((part) => /^(?<first>\d{1,5})(?::(?<last>\d{1,5}))?$/.exec(part)?.groups)
  if (ranges.some((range) => range === undefined)) return null
  return ranges.map((range) => {
    const first = Number(range?.['first'])
    return [first, Number(range?.['last'] ?? first)]
  })
}

type ParseOption = (option: Option) => NatMatch[] | null

const port: ParseOption = ({ values: [text = ''], negated }) => {
  const ranges = parsePorts(text)
  return ranges && [{ on: 'port', ranges, negated }]
}

const sourcePort: ParseOption = (option) => [{ on: 'sometimes', text: textOf('', [option]) }]

const networks =
  (on: 'source' | 'destination'): ParseOption =>
  ({ values: [text = ''], negated }) =>
    // A mask that is no prefix is printed as an address.
    /^[\da-f.:]+(?:\/\d+|-[\da-f.:]+)?$/i.test(text) ? [{ on, networks: [text], negated }] : null

const interfaceName =
  (direction: 'in' | 'out'): ParseOption =>
  ({ values: [name = ''], negated }) => [{ on: 'interface', direction, names: [name.replace(/\+$/, '*')], negated }]

const protocol: ParseOption = ({ values: [name], negated }) => [
  { on: 'protocol', protocols: PROTOCOLS.filter((known) => known === name), negated },
]

const local =
  (on: 'local-source' | 'local-destination'): ParseOption =>
  ({ values: [type], negated }) =>
    type === 'LOCAL' ? [{ on, negated }] : null

/** A rule of NAT is asked for the first packet of a connection only: of TCP that is a SYN. */
const firstPacket: ParseOption = ({ negated, values }) => (negated || (values[1] ?? 'SYN') !== 'SYN' ? null : [])

const state: ParseOption = ({ values: [states = ''], negated }) => {
  const holds = states.split(',').includes('NEW') !== negated
  return holds ? [] : [NEVER]
}

const NEVER: NatMatch = { on: 'protocol', protocols: [], negated: false }

const TRANSPORT = { '--dport': port, '--sport': sourcePort, '--syn': firstPacket, '--tcp-flags': firstPacket }

const PLAIN: Readonly<Record<string, Readonly<Record<string, ParseOption>>>> = {
  '': {
    '-p': protocol,
    '-s': networks('source'),
    '-d': networks('destination'),
    '-i': interfaceName('in'),
    '-o': interfaceName('out'),
  },
  tcp: TRANSPORT,
  udp: TRANSPORT,
  sctp: TRANSPORT,
  multiport: { '--dports': port, '--sports': sourcePort },
  addrtype: { '--dst-type': local('local-destination'), '--src-type': local('local-source') },
  iprange: { '--dst-range': networks('destination'), '--src-range': networks('source') },
  conntrack: { '--ctstate': state },
  state: { '--state': state },
}

/** Modules whose options say something only together; null when they are not understood. */
const SPECIAL: Readonly<Record<string, (options: readonly Option[]) => NatMatch[] | null>> = {
  statistic: (options) => {
    const value = (name: string) => options.find((option) => option.name === name && !option.negated)?.values[0]
    const probability = value('--mode') === 'nth' ? 1 / Number(value('--every')) : Number(value('--probability'))
    return probability >= 0 && probability <= 1 ? [{ on: 'chance', probability }] : null
  },
  // `--set` notes the sender and always holds; the others hold for senders that were noted.
  recent: (options) => {
    const notes = options.some(({ name, negated }) => name === '--set' && !negated)
    return notes ? [] : [{ on: 'sometimes', text: textOf('recent', options) }]
  },
}

function unknownOf(module: string, options: readonly Option[]): NatMatch {
  return { on: 'unknown', text: textOf(module, options) }
}

function textOf(module: string, options: readonly Option[]): string {
  const words = options.flatMap(({ name, negated, values }) => [...(negated ? ['!'] : []), name, ...values])
  return [...(module === '' ? [] : ['-m', module]), ...words].join(' ').slice(0, 200)
}
