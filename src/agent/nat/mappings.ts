import type { NatMapping, NatPacket, NatRuleset } from '../../model/nat.ts'
import type { PortTarget } from '../../model/port.ts'
import { type Program, programOf } from './program.ts'
import { type Found, search } from './search.ts'
import { targetsOf } from './targets.ts'

/** What rules send elsewhere. */
export interface NatMappings {
  readonly mappings: readonly NatMapping[]
  /** False where there was too much to follow: then some are missing. */
  readonly complete: boolean
}

const MAX_TEXTS = 16

const listed = new WeakMap<NatRuleset, NatMappings>()

/**
 * Lists the host ports that rules send elsewhere, by who made them; addresses of Services inside the cluster are none.
 * Whether a packet comes so far is for `followPacket` to say: an earlier rule may take it.
 */
export function listMappings(ruleset: NatRuleset): NatMappings {
  const known = listed.get(ruleset) ?? makeMappings(programOf(ruleset))
  listed.set(ruleset, known)
  return known
}

function makeMappings(program: Program): NatMappings {
  const searches = [search(program, 'prerouting'), search(program, 'output')]
  const rows = new Map<string, NatMapping>()
  for (const found of searches.flatMap((one) => one.found)) {
    for (const row of rowsOf(found)) {
      const key = keyOf(row)
      rows.set(key, merge(rows.get(key), row))
    }
  }
  return { mappings: withoutCovered([...rows.values()]), complete: searches.every(({ complete }) => complete) }
}

/** Makes a row for every family, address, protocol and range of ports. */
function rowsOf({ way, maker, hook, action }: Found): NatMapping[] {
  return way.families.flatMap((family) => {
    const any = family === 'ipv4' ? '0.0.0.0' : '::'
    const addresses = way.networks?.filter((network) => network.includes(':') === (family === 'ipv6')) ?? [any]
    return addresses.flatMap((network) =>
      way.protocols.flatMap((protocol) =>
        way.ports.map(([first, last]) => {
          const hostAddress = network.replace(/\/(?:32|128)$/, '')
          const packet: NatPacket = {
            from: hook === 'output' ? 'node' : 'outside',
            family,
            address: hostAddress,
            port: first,
            protocol,
          }
          return {
            family,
            hostAddress,
            hostPort: first,
            ...(last > first && { hostPortEnd: last }),
            protocol,
            ...maker,
            targets: weighted(targetsOf(action, packet) ?? [], way.share),
            rules: way.steps.map(({ rule }) => rule.text).slice(-MAX_TEXTS),
            conditions: way.conditions.slice(0, MAX_TEXTS),
            hooks: [hook],
          }
        }),
      ),
    )
  })
}

function weighted(targets: readonly PortTarget[], share: number): PortTarget[] {
  return targets.map(({ weight = 1, address, port }) => {
    const part = Math.round(weight * share * 1000) / 1000
    return { address, port, ...(part < 1 && { weight: part }) }
  })
}

function keyOf(row: NatMapping): string {
  return `${row.hostAddress} ${claimOf(row)}`
}

/** All but the address. */
function claimOf({ family, hostPort, hostPortEnd, protocol, mechanism, containerHint, service }: NatMapping): string {
  return [family, hostPort, hostPortEnd, protocol, mechanism, containerHint, service].join(' ')
}

/** The rows of several endpoints, and of both hooks, are one. */
function merge(known: NatMapping | undefined, row: NatMapping): NatMapping {
  if (known === undefined) return row
  const isNew = ({ address, port }: PortTarget) =>
    !known.targets.some((target) => target.address === address && target.port === port)
  return {
    ...known,
    targets: [...known.targets, ...row.targets.filter(isNew)],
    rules: union(known.rules, row.rules),
    conditions: union(known.conditions, row.conditions),
    hooks: [...new Set([...known.hooks, ...row.hooks])],
  }
}

function union(known: readonly string[], more: readonly string[]): string[] {
  return [...new Set([...known, ...more])].slice(0, MAX_TEXTS)
}

/** kube-proxy has a rule of its own for loopback beside the one for any address. */
function withoutCovered(rows: readonly NatMapping[]): NatMapping[] {
  const anywhere = new Set(rows.filter(({ hostAddress }) => isAny(hostAddress)).map(coverOf))
  return rows.filter((row) => isAny(row.hostAddress) || !anywhere.has(coverOf(row)))
}

function coverOf(row: NatMapping): string {
  return [claimOf(row), ...row.targets.map(({ address, port }) => `${address} ${port}`)].join(' ')
}

function isAny(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}
