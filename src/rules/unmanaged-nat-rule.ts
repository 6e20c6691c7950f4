import { containerBehind, oncePerFact, oncePerPort, placeOf, portHit, whoAnswers } from './ports.ts'
import { ATTACK_FIREWALL, ATTACK_PROXY } from './references.ts'
import type { Rule } from './rule.ts'

/**
 * A DNAT or REDIRECT rule that no known manager of containers or Services made sends a port of the node elsewhere: an
 * administrator, a VPN or a service mesh did, or somebody who is not meant to.
 */
export const unmanagedNatRule: Rule = {
  id: 'unmanaged-nat-rule',
  title: 'NAT rule that no known manager made',
  inputs: ['tcp', 'udp', 'sctp'],
  references: [ATTACK_FIREWALL, ATTACK_PROXY],
  evaluate: (snapshot) =>
    oncePerFact(
      oncePerPort(snapshot.ports.filter(({ mechanism }) => mechanism === 'nat-rule')).map((port) =>
        portHit(port, snapshot, {
          severity: containerBehind(port, snapshot) === undefined ? 'low' : 'medium',
          summary: `a rule of no known manager sends ${placeOf(port)} to ${whoAnswers(port, snapshot)}`,
        }),
      ),
    ),
}
