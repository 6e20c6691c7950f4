import type { CommandRequest } from '../../model/command.ts'
import type { Container } from '../../model/container.ts'
import type { Report } from '../../model/finding.ts'
import { CommandRefusal } from '../../transport/transport.ts'
import { containersMeant, narrowTo } from '../narrow.ts'

type TriageRequest = Extract<CommandRequest, { command: 'triage' }>

/**
 * Leaves of a report what a triage is about; null where that is the whole node.
 *
 * @throws CommandRefusal when nothing, or of a name more than one, is meant
 */
export function meantBy({ container, pod, pid }: TriageRequest, report: Report): Report | null {
  const { containers } = report
  if (container !== undefined) return narrowTo(report, [theOne(containersMeant(containers, container))])
  if (pid !== undefined) return ofProcess(report, pid)
  if (pod === undefined) return null
  const ofPod = containers.filter((one) => one.pod !== undefined && `${one.pod.namespace}/${one.pod.name}` === pod)
  if (ofPod.length === 0) throw new CommandRefusal('no container of such a pod is there')
  return narrowTo(report, ofPod)
}

function theOne(meant: readonly Container[]): Container {
  const [found, ...others] = meant
  if (found === undefined) throw new CommandRefusal('no such container is there')
  if (others.length === 0) return found
  throw new CommandRefusal(`${meant.length} containers are meant, expected one`)
}

/** A look tells of a process where it is a container's main one, is out of place, or holds a port. */
function ofProcess(report: Report, pid: number): Report {
  const sockets = [...report.listeners, ...report.ports].flatMap(({ owners }) => owners)
  const ids = new Set(sockets.filter((owner) => owner.pid === pid).map(({ containerId }) => containerId))
  const containers = report.containers.filter((one) => ids.has(one.id) || pidsOf(one).includes(pid))
  const narrowed = narrowTo(report, containers, pid)
  const isKnown = containers.length > 0 || narrowed.listeners.length > 0 || narrowed.ports.length > 0
  if (isKnown) return narrowed
  throw new CommandRefusal('no look tells of this pid: it is no main process, is where it belongs and holds no port')
}

function pidsOf({ initPid, sharing, strays, visitors, forChildren, held, heldSockets }: Container): (number | null)[] {
  const groups = [
    ...Object.values(sharing).flatMap(({ others }) => others),
    ...[strays, visitors].filter((group) => group !== undefined),
    ...[...(forChildren ?? []), ...(held ?? []), ...(heldSockets ?? [])],
  ]
  return [initPid, ...groups.flatMap(({ tasks }) => tasks.map(({ pid }) => pid))]
}
