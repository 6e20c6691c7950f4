import { isAny } from '../../model/address-scope.ts'
import type { Container } from '../../model/container.ts'
import { affectsAny } from '../../model/gap.ts'
import type { PortDeclaration } from '../../model/port.ts'
import { type Declaration, declaredBy, familyDeclared } from './declarations.ts'
import type { Claim, PortFacts } from './facts.ts'
import type { Parties } from './parties.ts'

/** Adds to each claim who declared it, and lists what is declared where nothing is there, or nobody could look. */
export function withDeclarations(
  claims: readonly Claim[],
  declarations: readonly Declaration[],
  { facts, parties }: { readonly facts: PortFacts; readonly parties: Parties },
): Claim[] {
  const byClaim = Map.groupBy(claims, ({ claim }) => claim)
  const found = new Map<Claim, PortDeclaration[]>()
  const missing: Claim[] = []
  for (const declaration of declarations) {
    const rows = rowsFor(declaration, byClaim.get(declaration.claim) ?? [])
    for (const row of rows) found.set(row, [...(found.get(row) ?? []), declaredBy(declaration)])
    if (rows.length === 0) missing.push(unmet(declaration, facts, parties))
  }
  const declared = claims.map((row) => ({ ...row, declaredBy: [...row.declaredBy, ...unique(found.get(row) ?? [])] }))
  return [...declared.map((row) => withHint(row, facts, parties)), ...missing]
}

/**
 * The rows that meet a declaration: its own family's where there are any. A runtime that maps a port on every address
 * tells of both families, also on a node that has but one.
 */
function rowsFor(declaration: Declaration, rows: readonly Claim[]): Claim[] {
  const onPort = rows.filter(
    ({ hostPort, hostPortEnd = hostPort }) => hostPort <= declaration.hostPort && declaration.hostPort <= hostPortEnd,
  )
  const family = familyDeclared(declaration)
  const own = onPort.filter((row) => family === 'unknown' || isFor(row, family))
  const isWide = declaration.hostAddress === undefined || isAny(declaration.hostAddress)
  return own.length > 0 || !isWide ? own : onPort
}

/** A socket of `::` that may take IPv4 is IPv6 in any case. */
function isFor({ family }: Claim, wanted: 'ipv4' | 'ipv6'): boolean {
  return family === wanted || family === 'dual' || (family === 'unknown' && wanted === 'ipv6')
}

function unmet(declaration: Declaration, facts: PortFacts, parties: Parties): Claim {
  const { hostAddress = '', hostPort, protocol, containerId, claim } = declaration
  const reason = whyUnknown(declaration, facts, parties)
  return {
    family: familyDeclared(declaration),
    hostAddress,
    hostPort,
    protocol,
    mechanism: reason === null ? 'none' : 'unknown',
    claim,
    conditions: reason === null || reason === '' ? [] : [reason],
    targets: [],
    owners: [],
    declaredBy: [declaredBy({ ...declaration, containerId })],
  }
}

/** Says why nobody can tell that nothing is there, empty where a gap says it; null where everything was looked at. */
function whyUnknown({ protocol, containerId }: Declaration, facts: PortFacts, parties: Parties): string | null {
  const { listeners, nat, gaps } = facts
  if (listeners === null || nat === null) return ''
  if (nat.opaque !== null) return nat.opaque
  const members = parties.membersOf(parties.unitOf(containerId)).map(({ id }) => id)
  return gaps.some((gap) => affectsAny(gap, [protocol, 'net', ...members])) ? '' : null
}

/** An image may tell where its program listens: of a socket in the host's network it is all that Docker lets anybody say. */
function withHint(row: Claim, { drafts }: PortFacts, { byId }: Parties): Claim {
  if (row.mechanism !== 'host-listener' || row.declaredBy.length > 0) return row
  const ids = new Set(
    row.owners.flatMap(({ containerId }) => containerId ?? []).filter((id) => sharesNet(byId.get(id))),
  )
  const hints = drafts
    .filter(({ id }) => ids.has(id))
    .filter(({ rows }) =>
      rows.some(({ exposed = [] }) =>
        exposed.some(({ containerPort, protocol }) => containerPort === row.hostPort && protocol === row.protocol),
      ),
    )
    .map(({ id }): PortDeclaration => ({ by: 'image', containerId: id, implicit: true }))
  return hints.length === 0 ? row : { ...row, declaredBy: hints }
}

function sharesNet(container: Container | undefined): boolean {
  return container?.sharing.net.main === 'host'
}

function unique(declarations: readonly PortDeclaration[]): PortDeclaration[] {
  return [...new Map(declarations.map((found) => [JSON.stringify(found), found])).values()]
}
