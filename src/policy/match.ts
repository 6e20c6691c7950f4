import type { Container, Pod } from '../model/container.ts'
import type { Acceptance, RuleHit } from '../model/finding.ts'
import { matchesGlob } from './glob.ts'
import { repositoryNames } from './image.ts'
import type { Exception, Match, Policy } from './policy.ts'

/** What an exception is held against. */
export interface Candidate {
  readonly hit: RuleHit
  /** Whom the hit is about; undefined where that is no container. */
  readonly container: Container | undefined
  /** The node's name. */
  readonly node: string
}

/**
 * Gives the first exception that matches and has not expired, as a finding tells of it; null when nothing accepts it.
 *
 * @param takenAt the moment at which expiry is judged, Unix milliseconds: the snapshot's, so that a replay agrees
 */
export function acceptanceOf({ exceptions }: Policy, candidate: Candidate, takenAt: number): Acceptance | null {
  const found = exceptions.find((exception) => holdsAt(exception, takenAt) && matches(exception.match, candidate))
  if (found === undefined) return null
  return { exception: found.id, reason: found.reason, expiresAt: found.expiresAt }
}

/** Tells whether something that may expire still holds. */
export function holdsAt({ expiresAt }: Pick<Exception, 'expiresAt'>, moment: number): boolean {
  return expiresAt === null || moment < expiresAt
}

function matches(match: Match, { hit, container, node }: Candidate): boolean {
  return (
    oneOf(match.rule, hit.rule) &&
    oneOf(match.fact, hit.fact) &&
    oneOf(match.kind, hit.fact) &&
    isPort(match.port, hit.fact) &&
    oneOf(match.node, node) &&
    (match.self === undefined || container?.self === true) &&
    isPod(match, provenPod(container)) &&
    isContainer(match, container)
  )
}

/** Tells whether a glob matches one of these names; without globs anything does, without names nothing. */
function oneOf(globs: readonly string[] | undefined, ...names: readonly string[]): boolean {
  return globs === undefined || globs.some((glob) => names.some((name) => matchesGlob(glob, name)))
}

const PORT_FACT = /^(?:tcp|udp|sctp)\/(?:[^/]*\/)?(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?$/

/** Of a range every port must be named: an exception for one of them is none for its neighbours. */
function isPort(ports: readonly number[] | undefined, fact: string): boolean {
  if (ports === undefined) return true
  const { first, last = first } = PORT_FACT.exec(fact)?.groups ?? {}
  if (first === undefined || last === undefined) return false
  const named = new Set(ports.filter((port) => port >= Number(first) && port <= Number(last)))
  return named.size > 0 && named.size === Number(last) - Number(first) + 1
}

/** A label, or the word of a user's own runtime, is nobody's identity. */
function provenPod(container: Container | undefined): Pod | undefined {
  return container?.pod?.proof === 'claim' ? undefined : container?.pod
}

function isPod(match: Match, pod: Pod | undefined): boolean {
  return (
    oneOf(match.podNamespace, ...(pod === undefined ? [] : [pod.namespace])) &&
    oneOf(match.pod, ...(pod === undefined ? [] : [pod.name])) &&
    oneOf(match.workload, ...(pod?.workload === undefined ? [] : [pod.workload])) &&
    (match.static === undefined || pod?.static === match.static) &&
    (match.proof === undefined || pod?.proof === match.proof)
  )
}

function isContainer(match: Match, container: Container | undefined): boolean {
  const pod = provenPod(container)
  if (container?.role === 'sandbox' && pod !== undefined && namesPod(match)) return true
  const names = container === undefined ? [] : [pod?.container ?? container.name]
  return oneOf(match.container, ...names) && oneOf(match.image, ...repositoryNames(container?.image ?? ''))
}

/**
 * A sandbox is hit only while no container of its pod runs: between its start and theirs, or while they crash. It
 * stands for them, so what names their pod covers it; its own image and name are the runtime's.
 */
function namesPod({ podNamespace, pod, workload }: Match): boolean {
  return podNamespace !== undefined && (pod !== undefined || workload !== undefined)
}
