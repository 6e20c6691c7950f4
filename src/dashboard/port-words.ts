import { type Effective, OUTCOME_WORDS, type PortState } from '../model/port.ts'
import { printable } from '../model/printable.ts'

type Answer = NonNullable<PortState['probe']>[number]

const SHORT_ID = 12

/** Where a port is, as people write it. */
export function addressText({ hostAddress, hostPort, hostPortEnd, protocol, family }: PortState): string {
  const address = hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress || '*'
  const range = hostPortEnd === undefined ? '' : `-${hostPortEnd}`
  return printable(`${address}:${hostPort}${range}/${protocol}${family === 'dual' ? ' (IPv4 too)' : ''}`)
}

/** Who declared a port, and for which address. */
export function declaredText({ declaredBy }: PortState): string {
  if (declaredBy.length === 0) return 'nobody'
  const words = declaredBy.map(({ by, implicit, hostAddress }) =>
    [by, ...(hostAddress === undefined ? [] : [`for ${hostAddress}`]), ...(implicit ? ['(implicitly)'] : [])].join(' '),
  )
  return printable([...new Set(words)].join(', '))
}

/** From where packets for a port reach its claim. */
export function reachedText({ effective: { outside, node, loopback } }: PortState): string {
  return `outside ${reachedWord(outside)}, node ${reachedWord(node)}, loopback ${reachedWord(loopback)}`
}

/** Whose claim it is: a container by the beginning of its id, a process of the host's, a Service, or where rules lead. */
export function claimText(claim: string): string {
  const [kind = '', ...rest] = claim.split('/')
  if (kind === 'host') return printable(`${rest.join('/')} on the host`)
  if (kind === 'service') return printable(`Service ${rest.slice(0, 2).join('/')}`)
  if (kind === 'to') return printable(`${rest[0] ?? ''}:${rest[1] ?? ''}`)
  return printable(`container ${kind.slice(0, SHORT_ID)}, port ${rest.join('/')}`)
}

/** What came of asking a port, each answer with its address where they differ. */
export function answersText({ probe = [] }: PortState): string {
  if (probe.length === 0) return 'not asked'
  const words = probe.map(answerWord)
  const [only, ...others] = new Set(words)
  if (only !== undefined && others.length === 0) return only
  return probe.map(({ address }, index) => `${printable(address)}: ${words[index]}`).join(', ')
}

function answerWord({ outcome, identity }: Answer): string {
  if (outcome !== 'open' || identity === undefined) return OUTCOME_WORDS[outcome]
  const { protocol, http, tls, banner } = identity
  const parts = [
    ...(tls === undefined ? [] : [`TLS ${tls.version}${tls.subject === undefined ? '' : ` ${tls.subject}`}`]),
    ...(http === undefined ? [] : [`HTTP ${http.status}${http.title === undefined ? '' : ` “${http.title}”`}`]),
    ...(banner === undefined ? [] : [banner]),
  ]
  if (parts.length > 0) return printable(parts.join(' · '))
  return protocol === 'none' ? 'open, says nothing' : protocol
}

function reachedWord(effective: Effective): string {
  if (effective === 'unknown') return '?'
  return effective === 'conditional' ? 'sometimes' : effective
}
