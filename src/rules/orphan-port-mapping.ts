import { oncePerFact, oncePerPort, placeOf, portHit } from './ports.ts'
import { ATTACK_MIDDLE } from './references.ts'
import type { Rule } from './rule.ts'

/**
 * A mapping leads to an address that no container and no interface has: its container ended, and nobody removed it. The
 * next container that gets the address gets the traffic, too.
 */
export const orphanPortMapping: Rule = {
  id: 'orphan-port-mapping',
  title: 'Port mapping whose container is gone',
  inputs: ['net', 'tcp', 'udp', 'sctp'],
  references: [ATTACK_MIDDLE],
  evaluate: (snapshot) =>
    oncePerFact(
      oncePerPort(snapshot.ports.filter(({ orphan }) => orphan === true)).map((port) => {
        const [target] = port.targets
        const to = target === undefined ? 'nobody' : `${target.address}:${target.port}`
        const summary = `${port.mechanism} sends ${placeOf(port)} to ${to}, which is no container's`
        return portHit(port, snapshot, { subject: { type: 'port' }, severity: 'low', summary })
      }),
    ),
}
