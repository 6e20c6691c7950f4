import { isAny } from '../model/address-scope.ts'
import type { Hit } from '../model/finding.ts'
import type { Port } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { factOf, placeOf, portEvidence, whoAnswers } from './ports.ts'
import { ATTACK_MIDDLE, PSS_HOST_PORTS } from './references.ts'
import type { Rule } from './rule.ts'

const CLAIMS_SHOWN = 8

/**
 * Two claims on one address, port and protocol: two mappings, of which the rule that stands first wins, two sockets that
 * share the port, or a declaration where another one answers. A process whose port a mapping takes is
 * shadowed-host-listener instead.
 */
export const hostPortConflict: Rule = {
  id: 'host-port-conflict',
  title: 'Two claims on one host port',
  inputs: ['tcp', 'udp', 'sctp'],
  references: [PSS_HOST_PORTS, ATTACK_MIDDLE],
  evaluate: (snapshot) => {
    const hits = conflictsOf(snapshot.ports).map((rows) => hit(rows, snapshot))
    return [...new Map(hits.map((found) => [found.fact, found])).values()]
  },
}

/** Tells whether two rows claim the same port of the same address; rows of one claim never do. */
export function claimSamePort(one: Port, other: Port): boolean {
  if (one.claim === other.claim || one.protocol !== other.protocol) return false
  if (one.hostPort > lastOf(other) || other.hostPort > lastOf(one)) return false
  if (isAny(one.hostAddress) && isAny(other.hostAddress)) return familiesMeet(one, other)
  return one.hostAddress === other.hostAddress
}

function lastOf({ hostPort, hostPortEnd }: Port): number {
  return hostPortEnd ?? hostPort
}

function familiesMeet({ family }: Port, { family: other }: Port): boolean {
  return family === other || [family, other].some((word) => word === 'dual' || word === 'unknown')
}

function conflictsOf(ports: readonly Port[]): Port[][] {
  // A port without a container takes part only against one that has: few do, where a node may have thousands of others.
  const contained = ports.filter((port) => !isHostProcess(port))
  const byPort = Map.groupBy(ports, ({ hostPort, protocol }) => `${protocol}/${hostPort}`)
  const ranges = contained.filter(({ hostPortEnd }) => hostPortEnd !== undefined)
  return contained.flatMap((port) => {
    const near = port.hostPortEnd === undefined ? (byPort.get(`${port.protocol}/${port.hostPort}`) ?? []) : ports
    const others = [...new Set([...near, ...ranges])].filter((other) => isConflict(port, other))
    return others.length === 0 ? [] : [[port, ...others]]
  })
}

function isConflict(one: Port, other: Port): boolean {
  return claimSamePort(one, other) && !isShadow(one, other) && !isShadow(other, one) && isThere(one) && isThere(other)
}

/** Where nobody could look, nobody knows whether a claim was made. */
function isThere({ mechanism }: Port): boolean {
  return mechanism !== 'unknown'
}

function isShadow({ mechanism, shadowedBy }: Port, { claim, mechanism: taker }: Port): boolean {
  return mechanism === 'host-listener' && taker !== 'host-listener' && shadowedBy === claim
}

function isHostProcess({ mechanism, owners }: Port): boolean {
  return mechanism === 'host-listener' && owners.every(({ containerId }) => containerId === undefined)
}

function hit(rows: readonly Port[], snapshot: Snapshot): Hit {
  const ordered = rows.toSorted((a, b) => a.hostPort - b.hostPort || (a.claim < b.claim ? -1 : 1))
  const [first = ordered[0]] = ordered
  const names = [...new Set(ordered.map((port) => whoAnswers(port, snapshot)))]
  const loses = ordered.some(({ shadowedBy }) => shadowedBy !== undefined)
  return {
    subject: { type: 'port' },
    fact: first === undefined ? '' : factOf(first),
    severity: loses ? 'medium' : 'low',
    summary: `${names.join(' and ')} both claim ${first === undefined ? '' : placeOf(first)}`,
    evidence: {
      claims: ordered.slice(0, CLAIMS_SHOWN).map((port) => ({
        who: whoAnswers(port, snapshot),
        claim: port.claim,
        ...portEvidence(port, snapshot),
      })),
    },
  }
}
