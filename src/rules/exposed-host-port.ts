import type { Mechanism, Port } from '../model/port.ts'
import { isDeclared } from './declared-ports.ts'
import { portSeverity } from './port-severity.ts'
import { containerBehind, oncePerFact, oncePerPort, placeOf, portHit } from './ports.ts'
import { cisDocker, PSS_HOST_PORTS } from './references.ts'
import type { Rule } from './rule.ts'
import { isSilent } from './silent-ports.ts'

/** Services are the cluster's, a rule that nobody manages has a rule of its own, and the last two answer nothing. */
const OTHERS: readonly Mechanism[] = ['node-port', 'load-balancer', 'ipvs', 'nat-rule', 'none', 'unknown']

/**
 * A container answers on a port of the node: it listens there in the host's network namespace, or a proxy or NAT rule
 * of its runtime leads there.
 */
export const exposedHostPort: Rule = {
  id: 'exposed-host-port',
  title: 'Container answers on a host port',
  inputs: ['tcp', 'udp', 'sctp'],
  references: [PSS_HOST_PORTS, cisDocker('5.8'), cisDocker('5.13')],
  evaluate: (snapshot) =>
    oncePerFact(
      oncePerPort(snapshot.ports.filter(answers)).flatMap((port) => {
        const container = containerBehind(port, snapshot)
        if (container === undefined || !isDeclared(port, container, snapshot)) return []
        const summary = `${container.name} answers on ${placeOf(port)}, by ${port.mechanism}`
        return [portHit(port, snapshot, { severity: portSeverity(port, container), summary })]
      }),
    ),
}

function answers(port: Port): boolean {
  const { outside, node, loopback } = port.effective
  const isReached = [outside, node, loopback].some((word) => word !== 'no')
  return isReached && !OTHERS.includes(port.mechanism) && !isSilent(port)
}
