import { familyOf } from '../../model/address-scope.ts'
import type { Listener, PortDeclaration, Protocol } from '../../model/port.ts'
import type { PublishedPort } from '../../sources/source.ts'
import type { Draft } from '../join.ts'
import { claimOf, type Parties } from './parties.ts'
import type { Declarer } from './sockets.ts'

/** One host port that a runtime declares, and the claim that it makes. */
export interface Declaration extends PortDeclaration {
  readonly claim: string
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: Protocol
  readonly user: string | undefined
}

/** Lists the host ports that runtimes declare for these containers. */
export function declarationsOf(drafts: readonly Draft[], parties: Parties): Declaration[] {
  return drafts.flatMap(({ id, rows }) =>
    rows.flatMap(({ ports, source, role, runtime }) =>
      ports.map((port) => declarationOf(id, byWhom(source, role), port, { parties, user: runtime.user })),
    ),
  )
}

/** CRI keeps a pod's mappings with its sandbox; a container's own come from the kubelet's annotation. */
function byWhom(source: string, role: Draft['rows'][number]['role']): PortDeclaration['by'] {
  if (source !== 'cri') return 'docker'
  return role === 'sandbox' ? 'cri' : 'annotation'
}

function declarationOf(
  containerId: string,
  by: PortDeclaration['by'],
  { hostAddress, hostPort, containerPort, protocol, implicit }: PublishedPort,
  { parties, user }: { readonly parties: Parties; readonly user: string | undefined },
): Declaration {
  return {
    by,
    containerId,
    ...(hostAddress === '' ? {} : { hostAddress }),
    implicit,
    claim: claimOf(parties, { containerId, address: hostAddress, port: containerPort }, protocol),
    hostPort,
    containerPort,
    protocol,
    user,
  }
}

/** Gives who declares the host port of a socket, with a runtime of root's or one of a user's own. */
export function declarerOf(declarations: readonly Declaration[]) {
  const byPort = Map.groupBy(declarations, ({ hostPort, protocol }) => `${protocol}/${hostPort}`)
  return ({ port, protocol, address }: Listener, of: 'docker' | 'user'): Declarer | undefined => {
    const found = (byPort.get(`${protocol}/${port}`) ?? []).filter(
      ({ by, user }) => by === 'docker' && (user !== undefined) === (of === 'user'),
    )
    return found.find(({ hostAddress }) => hostAddress === address) ?? found[0]
  }
}

/** Tells whether a claim is declared for the host port of a socket. */
export function declaredTeller(declarations: readonly Declaration[]) {
  const known = new Set(declarations.map(({ claim, hostPort }) => `${hostPort}/${claim}`))
  return ({ port }: Listener, claim: string): boolean => known.has(`${port}/${claim}`)
}

/** What a port's row tells of a declaration. */
export function declaredBy({ by, containerId, hostAddress, implicit }: Declaration): PortDeclaration {
  return { by, containerId, ...(hostAddress === undefined ? {} : { hostAddress }), implicit }
}

/** The family that a declaration is for; one without an address is for any. */
export function familyDeclared({ hostAddress }: PortDeclaration): 'ipv4' | 'ipv6' | 'unknown' {
  return hostAddress === undefined ? 'unknown' : familyOf(hostAddress)
}
