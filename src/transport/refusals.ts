import { lookUp } from '../model/look-up.ts'

/** What a collector's reasons mean to who reads the agent's log; docs/protocol.md lists them. */
const MEANINGS: Readonly<Record<string, string>> = {
  'wrong-token': 'the enrolment token is not accepted',
  'no-credentials': 'the collector saw no secret of ours: something between us drops headers',
  'weak-secret': 'our secret is too short',
  'unknown-secret': 'we are not enrolled, or no longer: give the enrolment token',
  'wrong-secret': 'an agent of this name is enrolled with another secret: an operator can reset it',
  'wrong-identity': 'what we show is the secret or certificate of another agent or node',
  'wrong-node':
    'our service account token is bound to another node than we claim: is --node-name the name in Kubernetes?',
  'token-expired': 'our service account token has expired: is the file of --token-file renewed?',
  'wrong-audience': 'our service account token is for another audience than the collector',
  'wrong-account': 'our token is of another service account than the one that may enrol agents',
  'no-node-name': 'our token names no node, as Kubernetes before 1.30 makes them, and the collector insists on one',
  'review-unavailable': 'the collector could not ask the API server about our token: we try again',
  'node-taken': 'another agent speaks for this node: an operator can reset it',
  'already-connected': 'another process of this agent is connected',
  'too-fast': 'we sent more than an agent may, for long',
  'too-many-connections': 'the collector has no room at the moment',
  'certificate-expired': 'our certificate has expired',
  'certificate-not-yet-valid': 'our certificate is not valid yet',
  'certificate-untrusted': 'our certificate is of an authority that the collector does not trust',
  'has-origin': 'an agent must send no Origin',
  'wrong-host': 'the collector answers to names of loopback only',
}

const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'the enrolment token is not accepted',
  403: 'this agent may not connect here',
  404: 'no collector answers at this path',
  409: 'another agent has this identity',
  429: 'too many refused attempts',
  503: 'the collector is not ready',
}

const REASON = /^[a-z][a-z-]{0,63}$/

/** Says in words why a collector refused us; undefined for a reason that this version does not know. */
export function meaningOf(reason: string): string | undefined {
  return lookUp(MEANINGS, reason)
}

/** Reads why a handshake was answered with a status; a reason that is none counts as not given. */
export function readRefusal(
  status: number,
  header: string | string[] | undefined,
): { readonly reason: string | undefined; readonly meaning: string | undefined } {
  const reason = typeof header === 'string' && REASON.test(header) ? header : undefined
  return { reason, meaning: (reason === undefined ? undefined : meaningOf(reason)) ?? BY_STATUS[status] }
}
