import type { Container } from '../model/container.ts'
import type { Report } from '../model/finding.ts'
import { factOf } from '../rules/ports.ts'

/**
 * Leaves of a report what is about some of its containers; gaps and node stay whole.
 *
 * @param pid of a process whose sockets are left, too
 */
export function narrowTo(report: Report, containers: readonly Container[], pid?: number): Report {
  const ids = new Set(containers.map(({ id }) => id))
  const isOurs = (one: { readonly containerId?: string; readonly pid?: number }) =>
    (one.containerId !== undefined && ids.has(one.containerId)) || (one.pid !== undefined && one.pid === pid)
  const ports = report.ports.filter(({ targets, owners, declaredBy }) =>
    [...targets, ...owners, ...declaredBy].some(isOurs),
  )
  const facts = new Set(ports.map(factOf))
  return {
    ...report,
    containers,
    listeners: report.listeners.filter(({ owners }) => owners.some(isOurs)),
    ports,
    // Who loses a port to it, and who else claims it, is about its ports.
    findings: report.findings.filter(
      ({ subject, fact }) => isOurs(subject) || (subject.type === 'port' && facts.has(fact)),
    ),
  }
}

/** Lists the containers that may be meant by a name, `podNamespace/pod/container`, or the beginning of an id. */
export function containersMeant(containers: readonly Container[], wanted: string): readonly Container[] {
  const named = containers.filter((container) => container.name === wanted || podPathOf(container) === wanted)
  return named.length > 0 ? named : containers.filter(({ id }) => id.startsWith(wanted))
}

/** Names a pod's container as `podNamespace/pod/container`; null for any other. */
export function podPathOf({ pod }: Container): string | null {
  return pod === undefined ? null : `${pod.namespace}/${pod.name}/${pod.container}`
}
