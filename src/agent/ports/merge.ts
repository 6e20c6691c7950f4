import type { Mechanism, PortOwner } from '../../model/port.ts'
import type { Claim } from './facts.ts'

/** What tells most of how packets get there, first: a proxy and a rule of one claim are one row. */
const TELLING: readonly Mechanism[] = [
  'docker-nat',
  'cni-portmap-iptables',
  'cni-portmap-nft',
  'podman-nat',
  'node-port',
  'load-balancer',
  'ipvs',
  'nat-rule',
  'docker-proxy',
  'rootlessport',
  'host-listener',
  'none',
  'unknown',
]

const RULES_MAX = 8
const OWNERS_MAX = 16
const TARGETS_MAX = 64

/** Makes one row of what makes the same claim on the same place, such as a proxy and its rule. */
export function mergeClaims(claims: readonly Claim[]): Claim[] {
  const keyOf = ({ family, hostAddress, hostPort, hostPortEnd, protocol, claim }: Claim) =>
    JSON.stringify([protocol, family, hostAddress, hostPort, hostPortEnd, claim])
  return [...Map.groupBy(claims, keyOf).values()].flatMap((rows) => mergeRows(rows) ?? [])
}

function mergeRows(rows: readonly Claim[]): Claim | null {
  const [first, ...others] = rows.toSorted((a, b) => TELLING.indexOf(a.mechanism) - TELLING.indexOf(b.mechanism))
  if (first === undefined) return null
  const { targets, rules, owners, conditions, declaredBy, ...rest } = first
  const all = <Value>(of: (row: Claim) => readonly Value[], most: number) => unique(rows.flatMap(of)).slice(0, most)
  const text = all((row) => row.rules ?? [], RULES_MAX)
  return {
    ...rest,
    conditions,
    targets:
      targets.length > 0 ? targets.slice(0, TARGETS_MAX) : others.flatMap((row) => row.targets).slice(0, TARGETS_MAX),
    owners: all((row) => row.owners, OWNERS_MAX),
    declaredBy: all((row) => row.declaredBy, OWNERS_MAX),
    ...(text.length === 0 ? {} : { rules: text }),
  }
}

/** A placeholder takes part in what another mechanism makes of its claim, whatever address it binds itself. */
export function withPlaceholders(claims: readonly Claim[], placeholders: readonly Claim[]): Claim[] {
  const keyOf = ({ claim, hostPort, protocol }: Claim) => `${protocol}/${hostPort}/${claim}`
  const byKey = Map.groupBy(placeholders, keyOf)
  const served = new Set(claims.map(keyOf))
  const joined = claims.map((row) => {
    const owners = (byKey.get(keyOf(row)) ?? []).flatMap((held) => held.owners)
    return owners.length === 0 ? row : { ...row, owners: ownersOf([...row.owners, ...owners]) }
  })
  return [...joined, ...placeholders.filter((row) => !served.has(keyOf(row)))]
}

function ownersOf(owners: readonly PortOwner[]): PortOwner[] {
  return unique(owners).slice(0, OWNERS_MAX)
}

function unique<Value>(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}
