import type { Container } from '../../model/container.ts'
import type { PortOwner, Protocol } from '../../model/port.ts'
import type { Row } from '../join.ts'
import type { PortFacts } from './facts.ts'

/** A rule's comment may be cut; fewer digits name nobody. */
const HINT_LENGTH_MIN = 12

/** Who may stand behind a port, by whatever a port tells of them. */
export interface Parties {
  readonly byId: ReadonlyMap<string, Container>
  /** The containers that share a network: a pod's by its sandbox, others' by the container whose network they join. */
  readonly unitOf: (containerId: string) => string
  /** Who has an address in the networks that the host routes to. */
  readonly byAddress: (address: string) => string | undefined
  /** Whose id begins with what a rule's manager wrote beside it. */
  readonly byHint: (hint: string | undefined) => string | undefined
  readonly membersOf: (unit: string) => readonly Container[]
  /** Whether an address that is nobody's here can be said to be nobody's. */
  readonly knowsAllAddresses: boolean
  readonly isLocal: (address: string) => boolean
}

/** Lays out who is there. */
export function partiesOf({ drafts, containers, interfaces }: PortFacts): Parties {
  const byId = new Map(containers.map((container) => [container.id, container]))
  const units = new Map(containers.map((container) => [container.id, unitOf(container)]))
  const members = Map.groupBy(containers, ({ id }) => units.get(id) ?? id)
  const rows = drafts.flatMap(({ rows: told }) => told.filter(({ id }) => isRouted(byId.get(id))))
  const addresses = new Map(rows.flatMap((row) => (row.addresses ?? []).map((address) => [address, row.id] as const)))
  const local = new Set(interfaces.flatMap(({ addresses: own }) => own.map(({ address }) => address)))
  return {
    byId,
    unitOf: (id) => units.get(id) ?? id,
    byAddress: (address) => addresses.get(address),
    byHint: (hint) => oneWith(hint, containers),
    membersOf: (unit) => members.get(unit) ?? [],
    knowsAllAddresses: containers.every((container) => isPlaced(container, rows)),
    isLocal: (address) => local.has(address),
  }
}

function unitOf({ id, sandboxId, sharing }: Container): string {
  return sandboxId ?? /^container:(?<target>.+)$/s.exec(sharing.net.declared)?.groups?.['target'] ?? id
}

/** A user's own networks, and those inside a container, are not the host's: their addresses may be anybody's here. */
function isRouted(container: Container | undefined): boolean {
  if (container === undefined || container.parent !== undefined || container.runtime.user !== undefined) return false
  return container.sharing.net.main !== 'host'
}

/** Tells whether this container can have no address that nobody told of. */
function isPlaced(container: Container, rows: readonly Row[]): boolean {
  if (!isRouted(container)) return true
  const unit = unitOf(container)
  return rows.some(({ id, addresses }) => (id === container.id || id === unit) && addresses !== undefined)
}

function oneWith(hint: string | undefined, containers: readonly Container[]): string | undefined {
  if (hint === undefined || hint.length < HINT_LENGTH_MIN) return undefined
  const named = containers.filter(({ id }) => id.startsWith(hint))
  return named.length === 1 ? named[0]?.id : undefined
}

/** Names a claim: a container's own port, or where a mapping leads whose container nobody knows. */
export function claimOf(
  parties: Parties,
  {
    containerId,
    address,
    port,
  }: { readonly containerId?: string | undefined; readonly address: string; readonly port: number },
  protocol: Protocol,
): string {
  return `${containerId === undefined ? `to/${address}` : parties.unitOf(containerId)}/${port}/${protocol}`
}

/** Names the pod of a container, where it is proven. */
export function podOf(container: Container | undefined): Pick<PortOwner, 'pod'> {
  const pod = container?.pod
  return pod === undefined || pod.proof === 'claim' ? {} : { pod: `${pod.namespace}/${pod.name}` }
}
