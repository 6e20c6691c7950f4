import type { Hit } from '../../src/model/finding.ts'
import type { Port } from '../../src/model/port.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import type { Rule } from '../../src/rules/rule.ts'
import { container, port, snapshot } from './builders.ts'

/** A running container, as the builder makes it. */
export const web = container()

/** A port that Docker maps to the container, as somebody asked. */
export function mapped(given: Partial<Port> = {}): Port {
  return port({
    mechanism: 'docker-nat',
    claim: `${web.id}/8080/tcp`,
    targets: [{ address: '172.17.0.2', port: 8080, containerId: web.id, listening: true }],
    declaredBy: [{ by: 'docker', containerId: web.id, hostAddress: '0.0.0.0', implicit: false }],
    ...given,
  })
}

/** A socket of the container's in the host's network namespace that nobody declared. */
export function listening(given: Partial<Port> = {}): Port {
  return port({
    mechanism: 'host-listener',
    claim: `${web.id}/9002/tcp`,
    targets: [],
    owners: [{ role: 'listener', containerId: web.id, pid: 4711, comm: 'web' }],
    ...given,
  })
}

/** A socket of a process of the host's own. */
export function hosts(given: Partial<Port> = {}): Port {
  return listening({ claim: 'host/sshd', owners: [{ role: 'listener', pid: 700, comm: 'sshd' }], ...given })
}

/** What a rule says of these ports, beside the one container. */
export function portHits(rule: Rule, ports: readonly Port[], given: Partial<Snapshot> = {}): readonly Hit[] {
  return rule.evaluate(snapshot({ containers: [web], ...given, ports }))
}
