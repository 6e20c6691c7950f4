import type { Container } from '../model/container.ts'
import { affectsAny } from '../model/gap.ts'
import type { Port } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'

/**
 * Tells whether a container's port counts as declared. Only who listens on the host's own sockets can do so without a
 * declaration: a proxy or a rule is one. Where no runtime tells of the container, or a gap clouds what it told, nobody
 * can say that a declaration is missing.
 */
export function isDeclared({ mechanism, declaredBy }: Port, container: Container, { gaps }: Snapshot): boolean {
  if (mechanism !== 'host-listener' || declaredBy.length > 0) return true
  const isKnown = container.sources.some((source) => source !== 'cgroups')
  return !isKnown || gaps.some((gap) => affectsAny(gap, [container.id]))
}
