import type { Container, HeldNamespace, HeldSocket } from '../model/container.ts'
import type { Hit } from '../model/finding.ts'
import { NAMESPACE_KINDS } from '../model/namespace.ts'
import { hasAny } from './capabilities.ts'
import { ATTACK_ESCAPE, PSS_HOST_NAMESPACES } from './references.ts'
import type { Rule } from './rule.ts'
import { mayUse, severityOf } from './severity.ts'
import { subjectOf, whose } from './subject.ts'

/**
 * A container's process keeps a namespace of the host's open, by a file descriptor or a mount, without being in it:
 * setns(2) is all that is missing. Or it holds a socket that listens in the host's net namespace while it is in another
 * one: it answers on the host, whatever isolates it. Both reads of the scan agree on it.
 */
export const heldHostNamespace: Rule = {
  id: 'held-host-namespace',
  title: 'Container keeps a host namespace open that it is not in',
  inputs: NAMESPACE_KINDS,
  references: [PSS_HOST_NAMESPACES, ATTACK_ESCAPE],
  evaluate: ({ containers }) =>
    containers.flatMap((container) => [
      ...(container.held ?? []).map((held) => hit(container, held)),
      ...socketHits(container),
    ]),
}

/** Where Linux takes ports for whoever asks for none, ip(7): another one at each start, so that they are one finding. */
const EPHEMERAL_FROM = 32_768
const EPHEMERAL_TO = 60_999

/** Tasks that the evidence of several sockets names. */
const TASKS_MAX = 8

function socketHits(container: Container): Hit[] {
  const byFact = Map.groupBy(container.heldSockets ?? [], factOf)
  return [...byFact].flatMap(([fact, [first, ...others]]) =>
    first === undefined ? [] : [socketHit(container, fact, [first, ...others])],
  )
}

function factOf({ protocol, address, port }: HeldSocket): string {
  return port < EPHEMERAL_FROM || port > EPHEMERAL_TO ? `${protocol}/${address}/${port}` : `${protocol}/ephemeral`
}

function socketHit(container: Container, fact: string, sockets: readonly HeldSocket[]): Hit {
  const { privileges, userNs, name, sharing } = container
  const where = [...new Set(sockets.map(({ protocol, address, port }) => `${protocol} ${address} port ${port}`))].join(
    ', ',
  )
  return {
    subject: subjectOf(container),
    fact,
    severity: severityOfSocket(container),
    summary: `${name} holds a socket that listens in the host's net namespace, which it is not in: ${where}`,
    evidence: {
      inode: sharing.net.hostInode,
      sockets: sockets.map(({ tasks: _, ...socket }) => socket),
      tasks: sockets.flatMap(({ tasks }) => tasks).slice(0, TASKS_MAX),
      privileges,
      rootMapsTo: userNs.rootMapsTo,
    },
  }
}

/** SIOCGSKNS gives whoever has CAP_NET_ADMIN there the socket's namespace, netdevice(7): then it is as good as held. */
function severityOfSocket(container: Container): Hit['severity'] {
  return container.privileges === null || mayUse(container, 'NET_ADMIN') ? 'high' : 'medium'
}

function hit(container: Container, held: HeldNamespace): Hit {
  const { privileges, userNs } = container
  const { kind, relation, mountPoints, tasks, total } = held
  const by = [
    ...(total > 0 ? [`${total} process(es)`] : []),
    ...(mountPoints.length > 0 ? [`${mountPoints.length} mount(s)`] : []),
  ].join(' and ')
  const { inode } = held
  return {
    subject: subjectOf(container),
    fact: kind,
    severity: severityOfHeld(container, held),
    summary: `${by} of ${container.name} keep ${whose(relation)} ${kind} namespace open`,
    evidence: { inode, mountPoints, tasks, total, privileges, rootMapsTo: userNs.rootMapsTo },
  }
}

/** Entering takes CAP_SYS_ADMIN, setns(2): with it, what is held is as good as shared. */
function severityOfHeld(container: Container, { kind, relation }: HeldNamespace): Hit['severity'] {
  const { privileges } = container
  if (privileges !== null && !hasAny(privileges.effectiveCapabilities, 'SYS_ADMIN')) return 'low'
  return relation === 'kernel' ? 'critical' : severityOf(kind, container)
}
