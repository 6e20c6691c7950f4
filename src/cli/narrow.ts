import { containersMeant, narrowTo, podPathOf } from '../agent/narrow.ts'
import type { Container } from '../model/container.ts'
import type { Report } from '../model/finding.ts'
import { UsageError } from './errors.ts'

const CANDIDATES_SHOWN = 5
const ID_SHOWN = 12

/**
 * Leaves of a report what is about one container; gaps and node stay whole.
 *
 * @param wanted its name, `podNamespace/pod/container`, or the beginning of its id
 * @throws UsageError when no container or more than one is meant
 */
export function narrow(report: Report, wanted: string): Report {
  return narrowTo(report, [findContainer(report.containers, wanted, '--container')])
}

/**
 * Finds the one container that is meant.
 *
 * @param wanted its name, `podNamespace/pod/container`, or the beginning of its id
 * @param flag whose value that is
 * @throws UsageError when no container or more than one is meant
 */
export function findContainer(containers: readonly Container[], wanted: string, flag: string): Container {
  const meant = containersMeant(containers, wanted)
  const [found, ...others] = meant
  if (found === undefined) {
    throw new UsageError(`${flag}: expected a name or the beginning of an id, found no container ${quoted(wanted)}`)
  }
  if (others.length === 0) return found
  throw new UsageError(`${flag}: expected one container, ${quoted(wanted)} means ${meant.length}: ${listed(meant)}`)
}

function listed(containers: readonly Container[]): string {
  const rest = containers.length - CANDIDATES_SHOWN
  const words = containers
    .slice(0, CANDIDATES_SHOWN)
    .map((container) => `${podPathOf(container) ?? container.name} (${container.id.slice(0, ID_SHOWN)})`)
  return `${words.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
