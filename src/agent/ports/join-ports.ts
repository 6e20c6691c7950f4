import type { Gap } from '../../model/gap.ts'
import type { Listener, Port } from '../../model/port.ts'
import { withDeclarations } from './attach.ts'
import { boundPorts } from './bounds.ts'
import { declarationsOf, declaredTeller, declarerOf } from './declarations.ts'
import { withEffective } from './effective.ts'
import type { PortFacts } from './facts.ts'
import { mappingClaims } from './mappings.ts'
import { mergeClaims, withPlaceholders } from './merge.ts'
import { partiesOf } from './parties.ts'
import { withRanges } from './ranges.ts'
import { socketClaims } from './sockets.ts'
import { resolverOf } from './targets.ts'

/**
 * Joins what listens on the host, what NAT rules map and what runtimes declare: one row for each claim on a port, with
 * who is behind it, and what packets for that port really reach.
 */
export function joinPorts(facts: PortFacts): { readonly ports: readonly Port[]; readonly gaps: readonly Gap[] } {
  const parties = partiesOf(facts)
  const resolve = resolverOf(facts, parties)
  const declarations = declarationsOf(facts.drafts, parties)
  const sockets = socketClaims({
    facts,
    parties,
    resolve,
    declarer: declarerOf(declarations),
    isDeclared: declaredTeller(declarations),
    serviceOf: serviceOf(facts),
  })
  const made = mergeClaims([
    ...mappingClaims(facts, parties, resolve),
    ...sockets.filter(({ isPlaceholder }) => !isPlaceholder).map(({ row }) => row),
  ])
  const held = mergeClaims(sockets.filter(({ isPlaceholder }) => isPlaceholder).map(({ row }) => row))
  const claims = mergeClaims(withDeclarations(withPlaceholders(made, held), declarations, { facts, parties }))
  const ports = withEffective(claims, { nat: facts.nat, claims, sockets }, facts.interfaces)
  return boundPorts(withRanges(ports))
}

/** kube-proxy used to bind each NodePort, so that nobody else does: the rules of the Service take the traffic. */
function serviceOf({ nat }: PortFacts) {
  const byPort = new Map(
    (nat?.mappings ?? []).flatMap(({ mechanism, service, protocol, hostPort }) =>
      mechanism === 'node-port' && service !== undefined ? [[`${protocol}/${hostPort}`, service] as const] : [],
    ),
  )
  return ({ protocol, port }: Listener): string | undefined => byPort.get(`${protocol}/${port}`)
}
