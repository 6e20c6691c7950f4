import type { Hit } from '../model/finding.ts'
import type { Port } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { claimSamePort } from './host-port-conflict.ts'
import { containerBehind, oncePerFact, placeOf, portEvidence, portHit, whoAnswers } from './ports.ts'
import { ATTACK_MIDDLE, PSS_HOST_PORTS } from './references.ts'
import type { Rule } from './rule.ts'

/**
 * A NAT rule takes the traffic of a process that listens on the host, or of a narrower or wider mapping of another claim:
 * it is up, its own checks succeed where the rule does not apply, and others are answered by somebody else.
 */
export const shadowedHostListener: Rule = {
  id: 'shadowed-host-listener',
  title: "NAT rule takes another one's traffic",
  inputs: ['tcp', 'udp', 'sctp'],
  references: [PSS_HOST_PORTS, ATTACK_MIDDLE],
  evaluate: (snapshot) =>
    oncePerFact(
      snapshot.ports.flatMap((port) => {
        const taker = takerOf(port, snapshot.ports)
        return taker === undefined ? [] : [hit(port, taker, snapshot)]
      }),
    ),
}

/** Two mappings of the very same port are host-port-conflict, and a socket of a narrower address is no rule. */
function takerOf(port: Port, ports: readonly Port[]): Port | undefined {
  const { shadowedBy, mechanism } = port
  if (shadowedBy === undefined || mechanism === 'none' || mechanism === 'unknown') return undefined
  const takers = ports.filter(
    ({ claim, protocol, hostPort, hostPortEnd = hostPort, mechanism: by }) =>
      claim === shadowedBy &&
      protocol === port.protocol &&
      hostPort <= port.hostPort &&
      port.hostPort <= hostPortEnd &&
      by !== 'host-listener',
  )
  if (mechanism !== 'host-listener' && takers.some((taker) => claimSamePort(port, taker))) return undefined
  return takers[0]
}

function hit(port: Port, taker: Port, snapshot: Snapshot): Hit {
  const isHost = containerBehind(port, snapshot) === undefined
  const { mechanism, targets, rules } = portEvidence(taker, snapshot)
  return portHit(port, snapshot, {
    severity: isHost && port.mechanism === 'host-listener' ? 'high' : 'medium',
    summary: `${whoAnswers(taker, snapshot)} takes the traffic of ${whoAnswers(port, snapshot)} on ${placeOf(port)}`,
    evidence: { takenBy: { who: whoAnswers(taker, snapshot), port: placeOf(taker), mechanism, targets, rules } },
  })
}
