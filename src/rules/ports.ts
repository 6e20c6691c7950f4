import { isAny, scopeOf } from '../model/address-scope.ts'
import type { Container } from '../model/container.ts'
import type { Evidence, Hit, Subject } from '../model/finding.ts'
import type { Port, PortDeclaration, PortOwner, PortTarget } from '../model/port.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { subjectOf } from './subject.ts'

/** How many sockets and answers evidence names. */
const SHOWN = 4

const ID_SHOWN = 12

/** Names a port as a finding's identity does: `tcp/0.0.0.0/8080`, and a range `tcp/0.0.0.0/8000-8010`. */
export function factOf({ protocol, hostAddress, hostPort, hostPortEnd }: Port): string {
  return `${protocol}/${hostAddress || '0.0.0.0'}/${hostPort}${hostPortEnd === undefined ? '' : `-${hostPortEnd}`}`
}

/** Names a port for people: `tcp 0.0.0.0:8080`. */
export function placeOf({ protocol, hostAddress, hostPort, hostPortEnd }: Port): string {
  const address = hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress || '*'
  return `${protocol} ${address}:${hostPort}${hostPortEnd === undefined ? '' : `-${hostPortEnd}`}`
}

/** A claim on every address has a row for each family, and is one port to people: the first row stands for all. */
export function oncePerPort(ports: readonly Port[]): Port[] {
  const keyOf = ({ claim, protocol, hostAddress, hostPort, hostPortEnd }: Port) =>
    JSON.stringify([claim, protocol, isAny(hostAddress) ? 'any' : hostAddress, hostPort, hostPortEnd])
  const groups = [...Map.groupBy(ports, keyOf).values()]
  return groups.flatMap((rows) => rows.find(({ hostAddress }) => hostAddress === '0.0.0.0') ?? rows[0] ?? [])
}

/** Gives the container that a port leads to: who listens, else where it is sent, else who declared it. */
export function containerBehind(port: Port, { containers }: Pick<Snapshot, 'containers'>): Container | undefined {
  const byId = new Map(containers.map((container) => [container.id, container]))
  const ids = [
    ...port.owners.filter(({ role }) => role === 'listener').map(({ containerId }) => containerId),
    ...port.owners.filter(({ role }) => role === 'target').map(({ containerId }) => containerId),
    ...port.targets.map(({ containerId }) => containerId),
    ...port.declaredBy.map(({ containerId }) => containerId),
  ]
  const found = ids.flatMap((id) => byId.get(id ?? '') ?? [])[0]
  return found?.role === 'sandbox' ? (onlyContainerOf(found, containers) ?? found) : found
}

/** A sandbox stands for its pod: where that has one container, it is meant. */
function onlyContainerOf(sandbox: Container, containers: readonly Container[]): Container | undefined {
  const [container, ...others] = containers.filter(({ sandboxId }) => sandboxId === sandbox.id)
  return others.length === 0 ? container : undefined
}

/** Whom a finding about a port is about: its container, or the port itself where it has none. */
export function subjectOfPort(container: Container | undefined): Subject {
  return container === undefined ? { type: 'port' } : subjectOf(container)
}

/** Says who answers, in words: a container's name, else who listens or forwards. */
export function whoAnswers(port: Port, snapshot: Pick<Snapshot, 'containers'>): string {
  const container = containerBehind(port, snapshot)
  if (container !== undefined) return container.name
  const [owner] = port.owners
  if (owner?.comm !== undefined) return `${owner.comm} on the host`
  const [target] = port.targets
  return target === undefined ? 'nobody known' : `${target.address}:${target.port}`
}

/** The proof of a verdict on a port: mechanism, owners, declarations, rule text, sockets, and what a probe was told. */
export function portEvidence(port: Port, snapshot: Pick<Snapshot, 'containers' | 'listeners' | 'baseline'>): Evidence {
  const { mechanism, effective, shadowedBy, conditions, targets, owners, declaredBy, rules = [], probe = [] } = port
  const nameOf = namesIn(snapshot)
  return {
    port: placeOf(port),
    scope: scopeOf(port.hostAddress || '0.0.0.0'),
    mechanism,
    effective,
    ...(shadowedBy === undefined ? {} : { shadowedBy }),
    ...listed(
      'declarations',
      declaredBy.map((declaration) => declarationWords(declaration, nameOf)),
    ),
    ...listed(
      'owners',
      owners.map((owner) => ownerWords(owner, nameOf)),
    ),
    ...listed(
      'targets',
      targets.map((target) => targetWords(target, nameOf)),
    ),
    ...listed('conditions', conditions),
    ...listed('rules', rules),
    ...listed('sockets', socketsOf(port, snapshot)),
    ...listed(
      'probe',
      probe.slice(0, SHOWN).map(({ vantage, address, outcome }) => `${vantage} ${address} ${outcome}`),
    ),
  }
}

function namesIn({ containers }: Pick<Snapshot, 'containers'>): (id: string) => string {
  const byId = new Map(containers.map(({ id, name }) => [id, name]))
  return (id) => byId.get(id) ?? id.slice(0, ID_SHOWN)
}

type NameOf = ReturnType<typeof namesIn>

function declarationWords({ by, containerId, hostAddress, implicit }: PortDeclaration, nameOf: NameOf): string {
  const address = hostAddress === undefined ? [] : [`for ${hostAddress}`]
  return [by, 'of', nameOf(containerId), ...address, ...(implicit ? ['implicitly'] : [])].join(' ')
}

function ownerWords({ role, containerId, pod, pid, comm }: PortOwner, nameOf: NameOf): string {
  const process = [...(comm === undefined ? [] : [comm]), ...(pid === undefined ? [] : [`pid ${pid}`])]
  const where = containerId === undefined ? [] : [`in ${pod === undefined ? '' : `${pod}/`}${nameOf(containerId)}`]
  return [role, ...process, ...where].join(' ')
}

function targetWords({ address, port, containerId, weight, listening }: PortTarget, nameOf: NameOf): string {
  const place = `${address.includes(':') ? `[${address}]` : address}:${port}`
  const whose = containerId === undefined ? [] : [`in ${nameOf(containerId)}`]
  const share = weight === undefined ? [] : [`share ${weight}`]
  return [place, ...whose, ...share, ...(listening === false ? ['where nothing listens'] : [])].join(' ')
}

/** The rows of the kernel's tables behind a port. */
function socketsOf(port: Port, { listeners, baseline }: Pick<Snapshot, 'listeners' | 'baseline'>): string[] {
  return listeners
    .filter(({ netInode, protocol }) => netInode === baseline.node.net?.inode && protocol === port.protocol)
    .filter((found) => found.port === port.hostPort && found.address === port.hostAddress)
    .slice(0, SHOWN)
    .map(({ address, port: number, socketInode }) => `${address} port ${number} inode ${socketInode}`)
}

function listed(name: string, values: readonly string[]): Evidence {
  return values.length === 0 ? {} : { [name]: values }
}

/** A hit about one port, with all that is known of it. */
export function portHit(port: Port, snapshot: Snapshot, given: Pick<Hit, 'severity' | 'summary'> & Partial<Hit>): Hit {
  const { evidence = {}, ...rest } = given
  return {
    subject: subjectOfPort(containerBehind(port, snapshot)),
    fact: factOf(port),
    ...rest,
    evidence: { ...portEvidence(port, snapshot), ...evidence },
  }
}

/** Two rows of one place may be hit alike, such as two rules for one port: one finding tells of the first. */
export function oncePerFact(hits: readonly Hit[]): Hit[] {
  const byFact = Map.groupBy(hits, ({ subject, fact }) => JSON.stringify([subject.containerId, fact]))
  return [...byFact.values()].flatMap(([first]) => first ?? [])
}
