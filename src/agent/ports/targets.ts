import { isAny, scopeOf } from '../../model/address-scope.ts'
import { affectsAny } from '../../model/gap.ts'
import type { Listener, PortOwner, PortTarget, Protocol } from '../../model/port.ts'
import type { PortFacts } from './facts.ts'
import { type Parties, podOf } from './parties.ts'

/** Where a mapping leads: the target as far as it is known, and who listens there. */
export interface Resolved {
  readonly target: PortTarget
  readonly owners: readonly PortOwner[]
}

/** Gives the resolver of targets: the container that has the address, and the socket that accepts in its network. */
export function resolverOf(facts: PortFacts, parties: Parties) {
  const byPlace = Map.groupBy(facts.listeners ?? [], keyOf)
  const ownersAt = (netInode: number | null | undefined, { address, port }: PortTarget, protocol: Protocol) =>
    (byPlace.get(keyOf({ netInode: netInode ?? 0, protocol, port })) ?? [])
      .filter((socket) => isAny(socket.address) || isAny(address) || socket.address === address)
      .map(({ owners }) => owners.map((owner): PortOwner => ({ ...owner, role: 'target' })))

  const onNode = (target: PortTarget, protocol: Protocol): Resolved => {
    const owners = ownersAt(facts.hostNet, target, protocol).flat()
    const containerId = containerOf(owners)
    return { target: { ...target, ...(containerId === undefined ? {} : { containerId }) }, owners }
  }
  const inContainer = (base: string, target: PortTarget, protocol: Protocol): Resolved => {
    const sockets = ownersAt(parties.byId.get(base)?.sharing.net.inode, target, protocol)
    const containerId = containerOf(sockets.flat()) ?? soleApp(base, parties)
    const isKnown = sockets.length > 0 || canLook(facts, parties, base, protocol)
    const self: PortOwner = { role: 'target', containerId, ...podOf(parties.byId.get(containerId)) }
    return {
      target: { ...target, containerId, ...(isKnown ? { listening: sockets.length > 0 } : {}) },
      owners: sockets.length > 0 ? sockets.flat() : [self],
    }
  }

  return (target: PortTarget, protocol: Protocol, hint?: string): Resolved => {
    const owner = parties.byAddress(target.address)
    if (owner === undefined && isNodes(target.address, parties)) return onNode(target, protocol)
    const base = owner ?? parties.byHint(hint)
    return base === undefined ? { target, owners: [] } : inContainer(base, target, protocol)
  }
}

function containerOf(owners: readonly PortOwner[]): string | undefined {
  return owners.find(({ containerId }) => containerId !== undefined)?.containerId
}

/** REDIRECT leads to the node itself, by whichever address. */
function isNodes(address: string, { isLocal }: Parties): boolean {
  return isLocal(address) || scopeOf(address) !== 'one'
}

/** A sandbox stands for its pod: where that has one container, it is meant. */
function soleApp(base: string, parties: Parties): string {
  const [app, ...others] = parties.membersOf(parties.unitOf(base)).filter(({ role }) => role !== 'sandbox')
  return app === undefined || others.length > 0 ? base : app.id
}

function keyOf({ netInode, protocol, port }: Pick<Listener, 'netInode' | 'protocol' | 'port'>): string {
  return `${netInode}/${protocol}/${port}`
}

/** Tells whether no socket in a container's network means that there is none; one with a kernel of its own shows none. */
function canLook({ listeners, gaps }: PortFacts, parties: Parties, base: string, protocol: Protocol): boolean {
  const members = parties.membersOf(parties.unitOf(base))
  const isOpen = members.every(({ guestKernel, sharing }) => guestKernel === undefined && sharing.net.inode !== null)
  if (listeners === null || protocol === 'sctp' || !isOpen) return false
  return !gaps.some((gap) => affectsAny(gap, [protocol, 'net', ...members.map(({ id }) => id)]))
}
