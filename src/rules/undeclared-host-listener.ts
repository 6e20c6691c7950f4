import type { Container } from '../model/container.ts'
import type { Hit } from '../model/finding.ts'
import { isEphemeral, type Port } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { isDeclared } from './declared-ports.ts'
import { portSeverity } from './port-severity.ts'
import { containerBehind, oncePerPort, placeOf, portEvidence, portHit, subjectOfPort } from './ports.ts'
import { ATTACK_NON_STANDARD_PORT, cisDocker, PSS_HOST_PORTS } from './references.ts'
import type { Rule } from './rule.ts'
import { raised } from './severity.ts'

const PORTS_SHOWN = 16

/**
 * A container listens in the host's network namespace on a port that nobody declared for it: no admission policy saw it,
 * and the scheduler does not know that the port is taken. Ports of the ephemeral range differ at each start, and are one.
 */
export const undeclaredHostListener: Rule = {
  id: 'undeclared-host-listener',
  title: 'Container listens on a host port that it does not declare',
  inputs: ['tcp', 'udp', 'sctp'],
  references: [PSS_HOST_PORTS, ATTACK_NON_STANDARD_PORT, cisDocker('5.8')],
  evaluate: (snapshot) => {
    const undeclared = oncePerPort(snapshot.ports).flatMap((port) => {
      const container = containerBehind(port, snapshot)
      if (container === undefined || isIsolated(container) || isDeclared(port, container, snapshot)) return []
      return [{ port, container }]
    })
    const ephemeral = undeclared.filter(({ port }) => isEphemeral(port.hostPort))
    const byListener = Map.groupBy(ephemeral, ({ port, container }) => `${container.id}/${port.protocol}`)
    return [
      ...undeclared.filter(({ port }) => !isEphemeral(port.hostPort)).map((found) => hit(found, snapshot)),
      ...[...byListener.values()].flatMap((found) => ephemeralHit(found, snapshot)),
    ]
  },
}

/** A socket of the host's in the hands of a container that is not in its network is held-host-namespace. */
function isIsolated({ sharing: { net } }: Container): boolean {
  const relations = [net.main, ...net.others.map(({ relation }) => relation)]
  return relations.every((relation) => relation !== 'host' && relation !== 'unknown')
}

interface Undeclared {
  readonly port: Port
  readonly container: Container
}

function hit({ port, container }: Undeclared, snapshot: Snapshot): Hit {
  const summary = `${container.name} listens on ${placeOf(port)}, which it does not declare`
  return portHit(port, snapshot, { severity: raised(portSeverity(port, container)), summary })
}

/** What the kernel chose at its start weighs as a port that was declared. */
function ephemeralHit(found: readonly Undeclared[], snapshot: Snapshot): Hit[] {
  const [first] = found.toSorted((a, b) => a.port.hostPort - b.port.hostPort)
  if (first === undefined) return []
  const { port, container } = first
  const places = found.map((other) => placeOf(other.port)).toSorted()
  const { port: _, ...evidence } = portEvidence(port, snapshot)
  return [
    {
      subject: subjectOfPort(container),
      fact: `${port.protocol}/ephemeral`,
      severity: portSeverity(port, container),
      summary: `${container.name} listens on ${found.length} undeclared ${port.protocol} port(s) of the ephemeral range`,
      evidence: { ...evidence, ports: places.slice(0, PORTS_SHOWN), total: found.length },
    },
  ]
}
