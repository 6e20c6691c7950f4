import type { Forwarder } from '../../model/forwarder.ts'
import type { Listener, PortOwner } from '../../model/port.ts'
import type { Claim, ClaimedSocket, PortFacts } from './facts.ts'
import { isOrphan } from './mappings.ts'
import { claimOf, type Parties, podOf } from './parties.ts'
import type { resolverOf } from './targets.ts'

/** What a socket of the host's claims; a placeholder only joins the claim that another mechanism makes. */
export interface SocketClaim extends ClaimedSocket {
  readonly row: Claim
}

/** Who holds a socket for whom, by what the join knows. */
export interface SocketContext {
  readonly facts: PortFacts
  readonly parties: Parties
  readonly resolve: ReturnType<typeof resolverOf>
  /** The container that declares a host port with a runtime of this kind. */
  readonly declarer: (listener: Listener, of: 'docker' | 'user') => Declarer | undefined
  /** Tells whether somebody declares this claim for this host port. */
  readonly isDeclared: (listener: Listener, claim: string) => boolean
  /** The Service whose NodePort this is. */
  readonly serviceOf: (listener: Listener) => string | undefined
}

export interface Declarer {
  readonly containerId: string
  readonly containerPort: number
}

/** Lists what sockets in the host's net namespace claim. */
export function socketClaims(context: SocketContext): SocketClaim[] {
  const { listeners, hostNet } = context.facts
  const onHost = (listeners ?? []).filter(({ netInode }) => netInode === hostNet)
  const taken = new Set(onHost.filter(({ address }) => address === '0.0.0.0').map(placeOf))
  return onHost.map((found) => {
    const listener = withoutTwin(found, taken)
    const { row, isPlaceholder = false } = rowOf(listener, context)
    return { listener, claim: row.claim, row, isPlaceholder }
  })
}

/** Where another socket has the port on every address of IPv4, one of `::` was bound to IPv6 alone. */
function withoutTwin(listener: Listener, taken: ReadonlySet<string>): Listener {
  return listener.family === 'unknown' && taken.has(placeOf(listener)) ? { ...listener, family: 'ipv6' } : listener
}

function placeOf({ protocol, port }: Listener): string {
  return `${protocol}/${port}`
}

interface Made {
  readonly row: Claim
  readonly isPlaceholder?: boolean
}

function rowOf(listener: Listener, context: SocketContext): Made {
  const { facts } = context
  for (const owner of listener.owners) {
    const forwarder = owner.containerId === undefined ? facts.forwarders.get(owner.pid ?? -1) : undefined
    const made = forwarder === undefined ? null : forwarded(listener, owner, forwarder, context)
    if (made !== null) return made
  }
  const service = listener.owners.some(({ comm }) => comm === 'kube-proxy') ? context.serviceOf(listener) : undefined
  if (service !== undefined) return placeholder(listener, `service/${service}/${listener.protocol}`)
  return { row: listening(listener, context.parties) }
}

function forwarded(listener: Listener, owner: PortOwner, forwarder: Forwarder, context: SocketContext): Made | null {
  const { parties, declarer } = context
  const { protocol, port } = listener
  if (forwarder.kind === 'docker-proxy') return proxied(listener, owner, forwarder, context)
  if (forwarder.kind === 'rootless') {
    const found = declarer(listener, 'user')
    const claim = found === undefined ? `rootless/${port}/${protocol}` : claimFor(found, listener, parties)
    const target: PortOwner[] =
      found === undefined
        ? []
        : [{ role: 'target', containerId: found.containerId, ...podOf(parties.byId.get(found.containerId)) }]
    return {
      row: { ...bare(listener), mechanism: 'rootlessport', claim, owners: [asRole(owner, 'forwarder'), ...target] },
    }
  }
  const found =
    forwarder.kind === 'dockerd'
      ? declarer(listener, 'docker')
      : monitored(forwarder.containerId, listener, parties, declarer)
  return found === undefined ? null : placeholder(listener, claimFor(found, listener, parties))
}

/** conmon holds the host ports of its own container, whose inner ports only podman tells. */
function monitored(
  containerId: string,
  listener: Listener,
  parties: Parties,
  declarer: SocketContext['declarer'],
): Declarer | undefined {
  if (!parties.byId.has(containerId)) return undefined
  const found = declarer(listener, 'docker')
  const isOwn = found !== undefined && parties.unitOf(found.containerId) === parties.unitOf(containerId)
  return isOwn ? found : { containerId, containerPort: listener.port }
}

/**
 * The proxy's own word is taken for a socket that it really holds, where its argv names that port, and for a container
 * that declares the port, as far as one is known.
 */
function proxied(
  listener: Listener,
  owner: PortOwner,
  proxy: Extract<Forwarder, { kind: 'docker-proxy' }>,
  { facts, parties, resolve, isDeclared }: SocketContext,
): Made | null {
  if (proxy.hostPort !== listener.port || proxy.protocol !== listener.protocol) return null
  const { target, owners } = resolve({ address: proxy.containerAddress, port: proxy.containerPort }, proxy.protocol)
  const claim = claimOf(parties, target, proxy.protocol)
  if (target.containerId !== undefined && !isDeclared(listener, claim)) return null
  const row: Claim = {
    ...bare(listener),
    mechanism: 'docker-proxy',
    claim,
    targets: [target],
    owners: [asRole(owner, 'forwarder'), ...owners],
  }
  return { row: isOrphan(row, parties, facts.gaps) ? { ...row, orphan: true } : row }
}

function placeholder(listener: Listener, claim: string): Made {
  const owners = listener.owners.map((owner) => asRole(owner, 'placeholder'))
  return { row: { ...bare(listener), mechanism: 'none', claim, owners }, isPlaceholder: true }
}

/** A container's socket is its claim; one that the host's own processes hold is named after them. */
function listening(listener: Listener, parties: Parties): Claim {
  const { owners, port, protocol, address } = listener
  const containerIds = owners.flatMap(({ containerId }) => containerId ?? []).toSorted()
  const [containerId] = containerIds
  // Of a socket that systemd passed on, whoever serves it is meant.
  const comms = owners.flatMap(({ comm, pid }) => (comm === undefined || pid === 1 ? [] : [comm])).toSorted()
  const host = `host/${comms[0] ?? owners[0]?.comm ?? '?'}`
  const claim = containerId === undefined ? host : claimOf(parties, { containerId, address, port }, protocol)
  return {
    ...bare(listener),
    mechanism: 'host-listener',
    claim,
    owners: owners.map((owner) => ({ ...owner, ...podOf(parties.byId.get(owner.containerId ?? '')) })),
  }
}

function bare({ family, address, port, protocol }: Listener): Omit<Claim, 'mechanism' | 'claim' | 'owners'> {
  return { family, hostAddress: address, hostPort: port, protocol, conditions: [], targets: [], declaredBy: [] }
}

function asRole(owner: PortOwner, role: PortOwner['role']): PortOwner {
  return { ...owner, role }
}

function claimFor({ containerId, containerPort }: Declarer, { address, protocol }: Listener, parties: Parties): string {
  return claimOf(parties, { containerId, address, port: containerPort }, protocol)
}
