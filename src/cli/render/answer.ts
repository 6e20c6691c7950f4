import { OUTCOME_WORDS, type PortState, type ProbeAnswer, type ProbeIdentity } from '../../model/port.ts'
import type { Cell } from './table.ts'
import { shown } from './text.ts'

type Answer = Omit<ProbeAnswer, 'at' | 'latencyMs'>

/** Node's and OpenSSL's words for what is wrong with a certificate; any other stands as it is. */
const DISTRUST: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not yet valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'self-signed chain',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown issuer',
}

/** Says in a few words what came of asking all that was asked of a port. */
export function answersCell(answers: PortState['probe']): Cell {
  if (answers === undefined || answers.length === 0) return { text: 'not asked', tone: 'quiet' }
  const words = answers.map(answerWords)
  const [only, ...others] = new Set(words)
  if (only !== undefined && others.length === 0) return { text: only, ...toneOf(answers) }
  return { text: answers.map((answer, index) => `${placeOf(answer)} ${words[index]}`).join(', '), ...toneOf(answers) }
}

/** Says what came of asking once. */
function answerWords({ outcome, identity, detail }: Answer): string {
  const said = outcome === 'open' && identity !== undefined ? identityWords(identity) : OUTCOME_WORDS[outcome]
  return detail === undefined ? said : `${said} (${shown(detail)})`
}

function toneOf(answers: readonly Answer[]): Pick<Cell, 'tone'> {
  if (answers.some(({ outcome }) => outcome === 'open' || outcome === 'silent')) return {}
  return { tone: answers.every(({ outcome }) => outcome === 'not-asked') ? 'quiet' : 'doubt' }
}

function placeOf({ address }: Answer): string {
  return `${shown(address)}:`
}

function identityWords({ protocol, banner, http, tls }: ProbeIdentity): string {
  const parts = [
    ...(tls === undefined ? [] : [tlsWords(tls)]),
    ...(http === undefined ? [] : [httpWords(http)]),
    ...(banner === undefined ? [] : [protocol === 'binary' ? `binary ${shown(banner)}` : shown(banner)]),
  ]
  if (parts.length > 0) return parts.join(' · ')
  return protocol === 'none' ? 'open, says nothing' : protocol
}

function httpWords({ status, server, title, redirect }: NonNullable<ProbeIdentity['http']>): string {
  const words = [
    `HTTP ${status}`,
    ...(server === undefined ? [] : [shown(server)]),
    ...(title === undefined ? [] : [`“${shown(title)}”`]),
    ...(redirect === undefined ? [] : [`to ${shown(redirect)}`]),
  ]
  return words.join(' ')
}

function tlsWords({ version, subject, alpn, distrust }: NonNullable<ProbeIdentity['tls']>): string {
  if (version === 'unknown') return 'TLS, handshake refused'
  const faults = distrust === undefined ? [] : distrust.split(', ').map((fault) => DISTRUST[fault] ?? shown(fault))
  const words = [
    shown(version),
    ...(subject === undefined ? [] : [shown(subject)]),
    ...(alpn === undefined ? [] : [shown(alpn)]),
    ...(faults.length === 0 ? [] : [`(${faults.join(', ')})`]),
  ]
  return words.join(' ')
}
